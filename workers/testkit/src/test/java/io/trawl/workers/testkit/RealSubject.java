package io.trawl.workers.testkit;

import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.testkit.contract.GateServer;
import io.trawl.workers.testkit.contract.OipContract;
import io.trawl.workers.testkit.contract.OipSubject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A real Triton with the models of the contract. */
record RealSubject(RealTriton triton, GateServer gate, Path root) implements OipSubject {

  static RealSubject start() throws IOException {
    Path root = Files.createTempDirectory("real-triton");
    GateServer gate = GateServer.start();
    TritonModels models = new TritonModels(root.resolve("models"));
    for (String datatype : names()) {
      models.identity(OipContract.identity(datatype), datatype);
    }
    return started(root, gate, models);
  }

  /** With no more identities than FP32: a server of three models starts sooner. */
  static RealSubject startSmall() throws IOException {
    Path root = Files.createTempDirectory("real-triton");
    var models = new TritonModels(root.resolve("models")).identity("identity_fp32", "FP32");
    return started(root, GateServer.start(), models);
  }

  private static RealSubject started(Path root, GateServer gate, TritonModels models)
      throws IOException {
    models.identity("spare", "FP32").add("add").gated("gated", gate.port());
    return new RealSubject(
        RealTriton.start(root.resolve("models"), root.resolve("state")), gate, root);
  }

  private static Set<String> names() {
    return Stream.of(Datatype.values()).map(Datatype::name).collect(Collectors.toSet());
  }

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
    return EnumSet.complementOf(EnumSet.of(Feature.CANCELLATION_AT_ANY_MOMENT));
  }

  @Override
  public Set<String> datatypes() {
    return names();
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
