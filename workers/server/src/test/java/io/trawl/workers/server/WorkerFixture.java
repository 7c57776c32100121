package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static io.trawl.workers.server.TestClient.floats;

import io.trawl.workers.protocol.ModelInferRequest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A repository, a worker over it and a client of it, ended after each test. */
public final class WorkerFixture implements AfterEachCallback {
  /** Lets a model take longer inputs than is usual. */
  static final String LONG =
      "parameters { key: \"trawl.max_dim\" value: { string_value: \"1000000\" } }";

  private final Vertx vertx = Vertx.vertx();
  private final Path root = newFolder();
  private final TestRepository repository = new TestRepository(root);
  private final GatedBackend gated = new GatedBackend();
  private final HttpClient http = vertx.createHttpClient();
  private @Nullable ModelWorker worker;
  private @Nullable TestClient client;

  private static Path newFolder() {
    try {
      return Files.createTempDirectory("worker-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Vertx vertx() {
    return vertx;
  }

  public TestRepository repository() {
    return repository;
  }

  public GatedBackend gated() {
    return gated;
  }

  /** Starts a worker on ONNX Runtime. */
  ModelWorker start() {
    return start(options -> options);
  }

  ModelWorker start(UnaryOperator<WorkerOptions> change) {
    return started(ModelWorker.create(vertx, change.apply(options())));
  }

  /** Starts a worker with one model, "gated", whose runs the test lets end. */
  public ModelWorker startGated(String moreConfig) {
    repository.config("gated", GatedBackend.config(moreConfig)).text("gated/1/model.onnx", "");
    return started(ModelWorker.create(vertx, options(), gated));
  }

  /** The same, with other options, and something else than the end of the process. */
  ModelWorker startGated(UnaryOperator<WorkerOptions> change, Consumer<String> halt) {
    repository.config("gated", GatedBackend.config("")).text("gated/1/model.onnx", "");
    return startGatedAsIs(change, halt);
  }

  /** A worker on gated models, over what the repository holds. */
  ModelWorker startGatedAsIs(UnaryOperator<WorkerOptions> change, Consumer<String> halt) {
    return started(ModelWorker.create(vertx, change.apply(options()), gated, halt));
  }

  /** The same, where the models to start with are named and calls may load and unload. */
  ModelWorker startGatedExplicitly(String moreConfig) {
    repository.config("gated", GatedBackend.config(moreConfig)).text("gated/1/model.onnx", "");
    return started(ModelWorker.create(vertx, options().withLoadModels(List.of("gated")), gated));
  }

  /** Limits that are the usual ones, but for the size of a request. */
  static WorkerOptions.Limits messageBytes(int most) {
    WorkerOptions.Limits usual = WorkerOptions.Limits.DEFAULT;
    return new WorkerOptions.Limits(
        usual.exitTimeout(), most, usual.intraOpThreads(), usual.queuedRequests());
  }

  /** The same options where loads may bring configurations and files. */
  static WorkerOptions withOverrides(WorkerOptions options) {
    return options.withAccess(new WorkerOptions.Access(List.of(), List.of(), true));
  }

  private WorkerOptions options() {
    return WorkerOptions.of(root).withPorts(0, 0, 0);
  }

  private ModelWorker started(ModelWorker created) {
    ModelWorker started = await(created.start());
    worker = started;
    client = new TestClient(vertx, started.ports().grpc());
    return started;
  }

  public TestClient client() {
    return Objects.requireNonNull(client, "start first");
  }

  ModelWorker worker() {
    return Objects.requireNonNull(worker, "start first");
  }

  /** The page on the metrics port. */
  String metrics() {
    return await(
        http.request(HttpMethod.GET, worker().ports().metrics(), "127.0.0.1", "/metrics")
            .compose(request -> request.send().compose(response -> response.body()))
            .map(Buffer::toString));
  }

  /** A request of one row to the gated model. */
  static ModelInferRequest row(float... values) {
    return TestClient.Infer.of("gated")
        .input("IN", "FP32", floats(values), 1, values.length)
        .build();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    close();
  }

  /** Ends all that was started; for tests that are no extensions' business. */
  void close() {
    gated.release(1 << 20);
    if (client != null) {
      client.close();
    }
    if (worker != null) {
      await(worker.close());
    }
    await(vertx.close());
    try (var files = Files.walk(root)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
