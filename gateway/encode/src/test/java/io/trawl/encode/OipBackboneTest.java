package io.trawl.encode;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.Ticker;
import io.trawl.domain.User;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.EncodeRequest;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.ModelMetadata;
import io.trawl.workers.client.ModelMetadata.TensorSpec;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.OipClientOptions;
import io.trawl.workers.fleet.Fleet;
import io.trawl.workers.fleet.FleetOptions;
import io.trawl.workers.fleet.replica.Proof;
import io.trawl.workers.fleet.resolve.Resolvers;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.testkit.FakeTriton;
import io.trawl.workers.testkit.RawTensor;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.testkit.SeenEnding;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Vectors of another model must never be scored against this space's items, and a caller who leaves
 * must not leave work behind on a worker.
 */
class OipBackboneTest {

  private static final int M = TinySpace.QUERY_VECTORS;
  private static final int H = TinySpace.VECTOR_WIDTH;

  private final Vertx vertx = Vertx.vertx();
  private final Cancellation caller = new Cancellation();
  private Space space;
  private PromptBuilder prompts;
  private FakeTriton triton;
  private Fleet fleet;
  private OipBackbone backbone;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
    prompts = PromptBuilder.of(space);
    triton = await(FakeTriton.start(vertx));
    var options = OipClientOptions.to(new Endpoint("127.0.0.1", triton.port()));
    var ticker = Ticker.system();
    var worker = new Endpoint("127.0.0.1", triton.port());
    fleet =
        Fleet.of(
            vertx,
            FleetOptions.defaults(),
            Resolvers.list(List.of(worker), new SimpleMeterRegistry()),
            endpoint -> OipClient.create(vertx, options, ticker::nanos),
            ticker::nanos,
            7,
            new SimpleMeterRegistry());
    await(fleet.start());
    var model =
        fleet.model(
            "tiny_backbone", "1", (_, _) -> Future.succeededFuture(new Proof.Shown.Agrees()));
    await(model.firstReady());
    backbone = new OipBackbone(model, space, prompts, ticker);
  }

  @AfterEach
  void close() throws Exception {
    await(fleet.close());
    await(vertx.close());
    prompts.close();
    space.close();
  }

  @Test
  void givesTheVectorsOfTheWorker() throws Exception {
    triton.on("tiny_backbone").next().answer(vectors(M, H));
    var encoded = assertInstanceOf(EncodeOutcome.Encoded.class, await(encode()));
    assertEquals(M, encoded.queries().count());
    assertEquals(H, encoded.queries().width());
  }

  @Test
  void anAnswerWithAnotherNumberOrWidthOfVectorsIsNone() throws Exception {
    for (var wrong : List.of(vectors(M + 1, H), vectors(M, H + 1))) {
      triton.on("tiny_backbone").next().answer(wrong);
      var failed = assertInstanceOf(EncodeOutcome.Failed.class, await(encode()));
      assertTrue(failed.inside().contains("expected [1, " + M + ", " + H + "]"), failed.inside());
    }
  }

  @Test
  void callersReadNeitherWhereTheWorkerIsNorWhatItSaid() throws Exception {
    triton.on("tiny_backbone").next().reject(Rejection.QUEUE_FULL);
    var full = assertInstanceOf(EncodeOutcome.Overloaded.class, await(encode()));
    assertEquals("the worker's queue is full", full.why());
    var inside = "/onnxruntime_src/core/session.cc:123 in /srv/models of 10.0.0.7:8001";
    for (var status :
        List.of(
            GrpcStatus.INTERNAL,
            GrpcStatus.INVALID_ARGUMENT,
            GrpcStatus.UNAVAILABLE,
            GrpcStatus.UNKNOWN,
            GrpcStatus.UNIMPLEMENTED,
            GrpcStatus.RESOURCE_EXHAUSTED,
            // Takes the worker out until it shows that it has the model after all.
            GrpcStatus.NOT_FOUND)) {
      triton.on("tiny_backbone").next().fail(status, inside);
      var failed = assertInstanceOf(EncodeOutcome.Failed.class, await(encode()));
      assertTrue(failed.inside().contains(inside), failed.inside());
      assertTrue(failed.inside().contains("127.0.0.1:" + triton.port()), failed.inside());
      assertTrue(failed.why().matches("the [a-z' ]+"), failed.why());
    }
  }

  @Test
  void aFullQueueIsNoFailure() throws Exception {
    triton.on("tiny_backbone").next().reject(Rejection.QUEUE_FULL);
    assertInstanceOf(EncodeOutcome.Overloaded.class, await(encode()));
  }

  @Test
  void aCallerWhoLeavesCancelsTheCallOnTheWorker() throws Exception {
    triton.on("tiny_backbone").next().hang();
    var running = encode();
    var seen = await(triton.call(0));
    caller.cancel();
    assertEquals(SeenEnding.CANCELLED, await(seen.ending()));
    assertInstanceOf(EncodeOutcome.Cancelled.class, await(running));
  }

  @Test
  void aModelWithAnotherSizeIsNamed() {
    assertTrue(disagreement(M, H, "1").isEmpty());
    assertTrue(disagreement(M + 1, H, "1").contains("query_vectors"));
    assertTrue(disagreement(M, H + 1, "1").contains("query_vectors"));
    assertTrue(disagreement(M, H, "2").contains("serves versions [2]; expected 1"));
  }

  private String disagreement(long m, long h, String version) {
    var e = TinySpace.EMBEDDING_WIDTH;
    var model =
        new ModelMetadata(
            "tiny_backbone",
            List.of(version),
            "onnxruntime_onnx",
            List.of(
                new TensorSpec("token_ids", Datatype.INT64, new long[] {-1, -1}),
                new TensorSpec("attention_mask", Datatype.INT64, new long[] {-1, -1}),
                new TensorSpec("item_embeddings", Datatype.FP32, new long[] {-1, -1, e})),
            List.of(new TensorSpec("query_vectors", Datatype.FP32, new long[] {-1, m, h})));
    return BackboneContract.disagreement(space.manifest(), model).orElse("");
  }

  private static RawTensor vectors(int m, int h) {
    return RawTensor.fp32("query_vectors", RawTensor.shape(1, m, h), new float[m * h]);
  }

  private Future<EncodeOutcome> encode() {
    var request =
        new EncodeRequest(
            "r1",
            new ObjectiveRequest("next-item", null),
            new User("u1", Map.of(), List.of()),
            TinySpace.NOW);
    return backbone.encode(
        request, Deadline.after(Duration.ofSeconds(20), Ticker.system()), caller);
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, SECONDS);
  }
}
