package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;

import io.trawl.workers.server.run.OnnxInstance;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.testkit.contract.OipSubject;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** A worker with the models of the contract. */
record WorkerSubject(ModelWorker worker, GatedBackend gated, Path root) implements OipSubject {
  private static final String GATED = "gated";
  private static final String QUEUE =
      """
      dynamic_batching {
        default_queue_policy {
          max_queue_size: 4
          default_timeout_microseconds: 3600000000
          allow_timeout_override: true
        }
      }
      """;

  /** The contract sends more than the usual length. */
  private static final int MEGABYTES = 1 << 21;

  static WorkerSubject start(Vertx on) throws IOException {
    Path root = Files.createTempDirectory("worker-contract");
    TestRepository repository = new TestRepository(root);
    String identity = "backend: \"onnxruntime\" max_batch_size: 8";
    for (Datatype type : Datatype.values()) {
      repository.model("identity_" + type.name().toLowerCase(Locale.ROOT), identity);
    }
    repository.config("spare", identity).version("spare", "identity_fp32", 1);
    repository.model("add", "backend: \"onnxruntime\" max_batch_size: 4");
    repository.config(GATED, GatedBackend.config(QUEUE)).text(GATED + "/1/model.onnx", "");
    GatedBackend gated = new GatedBackend();
    // Triton's run to their end; how ours end before is no business of the contract.
    gated.disobey();
    ModelWorker worker =
        ModelWorker.create(
            on,
            WorkerFixture.withOverrides(WorkerOptions.of(root))
                .withPorts(0, 0, 0)
                .withLoadModels(List.of("*"))
                .withRuns(
                    new WorkerOptions.Runs(
                        Duration.ofSeconds(60), Duration.ofSeconds(5), false, MEGABYTES, 0)),
            file ->
                file.startsWith(root.resolve(GATED))
                    ? gated.open(file)
                    : OnnxInstance.open(file, 1, 1L << 32, NanoClock.system()));
    await(worker.start());
    return new WorkerSubject(worker, gated, root);
  }

  @Override
  public int grpcPort() {
    return worker.ports().grpc();
  }

  @Override
  public OptionalInt httpPort() {
    return OptionalInt.of(worker.ports().http());
  }

  @Override
  public OptionalInt metricsPort() {
    return OptionalInt.of(worker.ports().metrics());
  }

  @Override
  public Set<Feature> features() {
    return EnumSet.allOf(Feature.class);
  }

  @Override
  public Set<String> datatypes() {
    return Arrays.stream(Datatype.values()).map(Enum::name).collect(Collectors.toSet());
  }

  @Override
  public Optional<Runs> runs() {
    return Optional.of(
        new Runs() {
          @Override
          public long awaitNext() {
            return gated.awaitRun();
          }

          @Override
          public void release(int runs) {
            gated.release(runs);
          }
        });
  }

  @Override
  public void close() {
    await(worker.close());
    try (var files = Files.walk(root)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
