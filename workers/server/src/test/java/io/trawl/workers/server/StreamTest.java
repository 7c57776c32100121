package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.floats;
import static io.trawl.workers.server.WorkerFixture.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStreamInferResponse;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.server.edge.GrpcEdge;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Many requests over one stream. Each is answered once with its id, a failure is one request's, and
 * a caller that sends without reading, or leaves, costs the worker no more than its share.
 */
final class StreamTest {
  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private static ModelInferRequest request(String id, float value) {
    return row(value).toBuilder().setId(id).build();
  }

  private void serveIdentity() {
    fixture.repository().model("identity_fp32", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start();
  }

  private static ModelInferRequest identity(String id, float... values) {
    return Infer.of("identity_fp32")
        .id(id)
        .input("IN", "FP32", floats(values), 1, values.length)
        .build();
  }

  private void awaitArrivals() {
    fixture
        .client()
        .call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance())
        .ok();
  }

  private void assertPending(long pending) {
    String line =
        "nv_inference_pending_request_count{model=\"gated\",version=\"1\"} " + pending + "\n";
    String page = fixture.metrics();
    assertTrue(page.contains(line), () -> line + "is not in\n" + page);
  }

  @Test
  void eachAnswerCarriesItsIdAndSaysThatItIsTheLast() {
    serveIdentity();
    TestStream stream = fixture.client().stream();
    Set<String> open = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      open.add("q" + i);
      stream.send(identity("q" + i, i));
    }
    stream.finish();
    for (int i = 0; i < 200; i++) {
      ModelInferResponse answer = stream.answer();
      assertTrue(open.remove(answer.getId()), answer.getId());
      float value = Float.parseFloat(answer.getId().substring(1));
      assertEquals(floats(value), answer.getRawOutputContents(0));
      assertTrue(answer.getParametersOrThrow("triton_final_response").getBoolParam());
    }
    assertEquals(GrpcStatus.OK, stream.end().status());
  }

  @Test
  void anEmptyFinalAnswerMayBeAskedForAndIsNotNeeded() {
    serveIdentity();
    TestStream stream = fixture.client().stream();
    InferParameter yes = InferParameter.newBuilder().setBoolParam(true).build();
    stream.send(
        identity("q", 1).toBuilder()
            .putParameters("triton_enable_empty_final_response", yes)
            .build());
    stream.finish();
    assertEquals(1, stream.answer().getOutputsCount());
    assertEquals(GrpcStatus.OK, stream.end().status());
  }

  @Test
  void aFailureIsOneRequestsAlone() {
    serveIdentity();
    TestStream stream = fixture.client().stream();
    stream.send(identity("bad", 1).toBuilder().setModelName("nope").build());
    ModelStreamInferResponse failed = stream.next();
    assertEquals("Request for unknown model: 'nope' is not found", failed.getErrorMessage());
    assertEquals("bad", failed.getInferResponse().getId());
    stream.send(identity("good", 2));
    assertEquals("good", stream.answer().getId());
    stream.finish();
    assertEquals(GrpcStatus.OK, stream.end().status());
  }

  @Test
  void whatCannotBeDecodedEndsTheStream() {
    serveIdentity();
    TestStream stream = fixture.client().stream();
    stream.send(GrpcMessage.message("identity", Buffer.buffer(new byte[] {-1, -1, -1})));
    assertEquals(GrpcStatus.INVALID_ARGUMENT, stream.end().status());
    assertEquals(GrpcStatus.OK, fixture.client().infer(identity("q", 1)).status());
  }

  @Test
  void aStreamWithoutRequestsEndsWell() {
    serveIdentity();
    assertEquals(GrpcStatus.OK, fixture.client().stream().finish().end().status());
  }

  @Test
  void answersGoOutAsTheyFinish() {
    fixture.repository().model("identity_fp32", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.startGated("");
    TestStream stream = fixture.client().stream();
    stream.send(request("slow", 1));
    fixture.gated().awaitRun();
    stream.send(identity("wrong", 1).toBuilder().setModelName("nope").build());
    assertEquals("wrong", stream.next().getInferResponse().getId());
    fixture.gated().release(1);
    assertEquals("slow", stream.answer().getId());
  }

  @Test
  void requestsInFlightAreBounded() {
    fixture.startGated("");
    TestStream stream = fixture.client().stream();
    int sent = GrpcEdge.MOST_IN_FLIGHT + 40;
    for (int i = 0; i < sent; i++) {
      stream.send(request("q" + i, i));
    }
    fixture.gated().awaitRun();
    awaitArrivals();
    assertPending(GrpcEdge.MOST_IN_FLIGHT - 1);
    fixture.gated().release(sent);
    for (int i = 0; i < sent; i++) {
      assertEquals("q" + i, stream.answer().getId());
    }
    stream.finish();
    assertEquals(GrpcStatus.OK, stream.end().status());
  }

  @Test
  void leavingDropsWhatWaitsAndEndsWhatRuns() {
    fixture.startGated("");
    TestStream stream = fixture.client().stream();
    for (int i = 0; i < 10; i++) {
      stream.send(request("q" + i, i));
    }
    fixture.gated().awaitRun();
    awaitArrivals();
    assertPending(9);
    stream.leave();
    awaitArrivals();
    assertPending(0);
    String canceled =
        "nv_inference_request_failure{model=\"gated\",version=\"1\",reason=\"CANCELED\"} 10\n";
    while (!fixture.metrics().contains(canceled)) {
      Thread.onSpinWait();
    }
  }

  /** As when a caller's process dies: nothing is said for the single calls or streams in it. */
  @Test
  void aConnectionThatBreaksDropsWhatWaits() {
    fixture.startGated("");
    TestClient dying = new TestClient(fixture.vertx(), fixture.worker().ports().grpc());
    for (int i = 0; i < 3; i++) {
      dying.startInfer(request("single" + i, i));
    }
    fixture.gated().awaitRun();
    TestStream stream = dying.stream();
    for (int i = 0; i < 3; i++) {
      stream.send(request("q" + i, i));
    }
    dying.call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance());
    assertPending(5);
    dying.close();
    while (!fixture
        .metrics()
        .contains("pending_request_count{model=\"gated\",version=\"1\"} 0\n")) {
      Thread.onSpinWait();
    }
    fixture.gated().release(1);
    assertTrue(fixture.metrics().contains("trawl_worker_open_streams 0\n"), fixture.metrics());
  }
}
