package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static io.trawl.workers.server.TestClient.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.server.TestClient.Infer;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole worker on ONNX Runtime, called over gRPC. What is at stake: answers are those of the
 * named model and version, and whatever goes wrong has the status and words that clients of Triton
 * know.
 */
final class ModelWorkerTest {
  private static final String ADD =
      """
      name: "add"
      backend: "onnxruntime"
      max_batch_size: 4
      input [ { name: "A" data_type: TYPE_FP32 dims: [ 4 ] },
              { name: "B" data_type: TYPE_FP32 dims: [ 4 ] } ]
      output [ { name: "SUM" data_type: TYPE_FP32 dims: [ 4 ] },
               { name: "DIFFERENCE" data_type: TYPE_FP32 dims: [ 4 ] } ]
      """;

  @TempDir
  @SuppressWarnings("NullAway.Init") // By JUnit, before each test.
  private Path root;

  private final Vertx vertx = Vertx.vertx();
  private @Nullable ModelWorker worker;
  private @Nullable TestClient client;

  @SuppressWarnings("NullAway.Init")
  private TestRepository repository;

  @BeforeEach
  void emptyRepository() {
    repository = new TestRepository(root);
  }

  @AfterEach
  void stop() {
    if (client != null) {
      client.close();
    }
    if (worker != null) {
      await(worker.close());
    }
    await(vertx.close());
  }

  private ModelWorker start() {
    WorkerOptions options = WorkerOptions.of(root).withPorts(0, 0, 0);
    ModelWorker started = await(ModelWorker.create(vertx, options).start());
    worker = started;
    client = new TestClient(vertx, started.ports().grpc());
    return started;
  }

  private TestClient client() {
    TestClient started = client;
    if (started == null) {
      throw new AssertionError("start() first");
    }
    return started;
  }

  private static ModelInferRequest add(float a, float b) {
    return Infer.of("add")
        .input("A", "FP32", floats(a, a, a, a), 1, 4)
        .input("B", "FP32", floats(b, b, b, b), 1, 4)
        .id("q1")
        .build();
  }

  @Test
  void answersAnInference() {
    repository.model("add", ADD);
    start();

    ModelInferResponse response = client().infer(add(3, 1)).ok();

    assertEquals("add", response.getModelName());
    assertEquals("1", response.getModelVersion());
    assertEquals("q1", response.getId());
    assertEquals("SUM", response.getOutputs(0).getName());
    assertEquals("FP32", response.getOutputs(0).getDatatype());
    assertEquals(List.of(1L, 4L), response.getOutputs(0).getShapeList());
    assertEquals(floats(4, 4, 4, 4), response.getRawOutputContents(0));
    assertEquals(floats(2, 2, 2, 2), response.getRawOutputContents(1));
  }

  @Test
  void describesItselfAndItsModels() {
    repository.model("add", ADD);
    ModelWorker started = start();

    assertTrue(started.ready());
    assertTrue(
        client()
            .call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance())
            .ok()
            .getLive());
    assertTrue(
        client()
            .call(
                GRPCInferenceServiceGrpcClient.ServerReady, ServerReadyRequest.getDefaultInstance())
            .ok()
            .getReady());
    assertTrue(
        client()
            .call(
                GRPCInferenceServiceGrpcClient.ModelReady,
                ModelReadyRequest.newBuilder().setName("add").setVersion("1").build())
            .ok()
            .getReady());
    assertEquals(
        "trawl-worker",
        client()
            .call(
                GRPCInferenceServiceGrpcClient.ServerMetadata,
                ServerMetadataRequest.getDefaultInstance())
            .ok()
            .getName());
    var metadata =
        client()
            .call(
                GRPCInferenceServiceGrpcClient.ModelMetadata,
                ModelMetadataRequest.newBuilder().setName("add").build())
            .ok();
    assertEquals(List.of(-1L, 4L), metadata.getInputs(0).getShapeList());
    assertEquals(List.of("1"), metadata.getVersionsList());
    assertEquals("onnxruntime_onnx", metadata.getPlatform());
    var config =
        client()
            .call(
                GRPCInferenceServiceGrpcClient.ModelConfig,
                ModelConfigRequest.newBuilder().setName("add").build())
            .ok()
            .getConfig();
    assertEquals(4, config.getMaxBatchSize());
    assertEquals(List.of(4L), config.getInput(0).getDimsList());
  }

  @Test
  void aBrokenModelStandsBesideAGoodOne() {
    repository.model("add", ADD);
    repository.config("broken", "backend: \"onnxruntime\"").text("broken/1/model.onnx", "no model");
    ModelWorker started = start();

    assertFalse(started.ready());
    assertEquals(List.of("broken/1"), List.copyOf(started.failures().keySet()));
    assertEquals(floats(4, 4, 4, 4), client().infer(add(3, 1)).ok().getRawOutputContents(0));
    var reply = client().infer(Infer.of("broken").build());
    assertEquals(GrpcStatus.NOT_FOUND, reply.status());
    assertTrue(
        reply.text().startsWith("Request for unknown model: 'broken' has no available versions"),
        reply.text());
    assertFalse(
        client()
            .call(
                GRPCInferenceServiceGrpcClient.ServerReady, ServerReadyRequest.getDefaultInstance())
            .ok()
            .getReady());
  }
}
