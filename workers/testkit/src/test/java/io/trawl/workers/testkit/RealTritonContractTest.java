package io.trawl.workers.testkit;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The contract's judge: what it says of Triton, the real one does. */
@EnabledIfSystemProperty(named = RealTriton.ASKED_FOR, matches = "true")
class RealTritonContractTest extends OipServerContract {

  @Override
  protected OipSubject start(Vertx on) throws IOException {
    Path root = Files.createTempDirectory("real-triton");
    GateServer gate = GateServer.start();
    TritonModels models = new TritonModels(root.resolve("models"));
    for (String datatype : datatypes()) {
      models.identity(OipContract.identity(datatype), datatype);
    }
    models.identity("spare", "FP32").add("add").gated("gated", gate.port());
    return new Real(RealTriton.start(root.resolve("models"), root.resolve("state")), gate, root);
  }

  private static Set<String> datatypes() {
    Set<String> names = new HashSet<>(InferenceContract.ELEMENT_BYTES.keySet());
    names.add("BYTES");
    return names;
  }

  private record Real(RealTriton triton, GateServer gate, Path root) implements OipSubject {

    @Override
    public int grpcPort() {
      return triton.grpcPort();
    }

    @Override
    public OptionalInt httpPort() {
      return OptionalInt.of(triton.httpPort());
    }

    @Override
    public OptionalInt metricsPort() {
      return OptionalInt.of(triton.metricsPort());
    }

    @Override
    public Set<Feature> features() {
      return EnumSet.of(Feature.STREAMS, Feature.STATISTICS, Feature.REPOSITORY);
    }

    @Override
    public Set<String> datatypes() {
      return RealTritonContractTest.datatypes();
    }

    @Override
    public Optional<Runs> runs() {
      return Optional.of(gate);
    }

    @Override
    public void close() {
      try {
        triton.close();
        gate.close();
        try (var files = Files.walk(root)) {
          for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(each);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
