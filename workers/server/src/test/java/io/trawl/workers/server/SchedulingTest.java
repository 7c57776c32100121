package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static io.trawl.workers.server.TestClient.floats;
import static io.trawl.workers.server.WorkerFixture.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.server.TestClient.Pending;
import io.trawl.workers.server.TestClient.Reply;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Requests that wait, run, expire and leave, over real gRPC, with a model whose runs the test lets
 * end one by one. Calls of one connection reach the worker in the order in which they were made, so
 * an answered call proves that the ones before it have arrived.
 */
final class SchedulingTest {
  private static final String QUEUE_OF_TWO =
      "dynamic_batching { default_queue_policy { max_queue_size: 2 } }";

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  /** Occupies the model's one instance. */
  private Pending<ModelInferResponse> occupy() {
    Pending<ModelInferResponse> running = fixture.client().startInfer(row(0));
    assertEquals(1, fixture.gated().awaitRun());
    return running;
  }

  private Pending<ModelInferResponse> startInfer(float value) {
    return fixture.client().startInfer(row(value));
  }

  private Pending<ModelInferResponse> startInfer(float value, long timeoutMillis) {
    return fixture
        .client()
        .start(GRPCInferenceServiceGrpcClient.ModelInfer, row(value), timeoutMillis);
  }

  private void awaitArrivals() {
    fixture
        .client()
        .call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance())
        .ok();
  }

  private static void assertEnds(GrpcStatus status, String text, Reply<?> reply) {
    assertEquals(status, reply.status());
    assertEquals(text, reply.text());
  }

  private static void assertAnswers(float value, Reply<ModelInferResponse> reply) {
    assertEquals(floats(value), reply.ok().getRawOutputContents(0));
  }

  private void assertMetric(String name, String moreLabels, long value) {
    String line = name + "{model=\"gated\",version=\"1\"" + moreLabels + "} " + value + "\n";
    String page = fixture.metrics();
    assertTrue(page.contains(line), () -> line + "is not in\n" + page);
  }

  @Test
  void thoseWhoWaitedRunTogether() {
    fixture.startGated("dynamic_batching { }");
    Pending<ModelInferResponse> first = occupy();
    List<Pending<ModelInferResponse>> waiting = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      waiting.add(startInfer(i));
    }
    awaitArrivals();
    assertMetric("nv_inference_pending_request_count", "", 4);

    fixture.gated().release(2);

    assertEquals(4, fixture.gated().awaitRun());
    assertAnswers(0, first.await());
    for (int i = 1; i <= 4; i++) {
      assertAnswers(i, waiting.get(i - 1).await());
    }
    assertMetric("nv_inference_request_success", "", 5);
    assertMetric("nv_inference_count", "", 5);
    assertMetric("nv_inference_exec_count", "", 2);
    assertMetric("nv_inference_pending_request_count", "", 0);
  }

  @Test
  void shapesAreNotMixed() {
    fixture.startGated("dynamic_batching { }");
    occupy();
    startInfer(1);
    Pending<ModelInferResponse> longer = fixture.client().startInfer(row(2, 2));
    awaitArrivals();

    fixture.gated().release(3);

    assertEquals(1, fixture.gated().awaitRun());
    assertEquals(1, fixture.gated().awaitRun());
    assertEquals(List.of(1L, 2L), longer.await().ok().getOutputs(0).getShapeList());
  }

  @Test
  void aQueueDelayEndsByItself() {
    fixture.startGated(
        "dynamic_batching { preferred_batch_size: 4 max_queue_delay_microseconds: 1000 }");
    fixture.gated().release(1);
    assertAnswers(7, startInfer(7).await());
  }

  @Test
  void anInstanceMoreRunsOneMore() {
    fixture.startGated("instance_group { count: 2 }");
    Pending<ModelInferResponse> first = startInfer(1);
    Pending<ModelInferResponse> second = startInfer(2);
    fixture.gated().awaitRun();
    fixture.gated().awaitRun();
    fixture.gated().release(2);
    assertAnswers(1, first.await());
    assertAnswers(2, second.await());
    assertEquals(2, fixture.gated().openInstances());
  }

  @Test
  void overloadIsRefusedAtOnce() {
    fixture.startGated(QUEUE_OF_TWO);
    Pending<ModelInferResponse> running = occupy();
    Pending<ModelInferResponse> second = startInfer(2);
    Pending<ModelInferResponse> third = startInfer(3);

    Reply<ModelInferResponse> refused = startInfer(4).await();

    assertEnds(GrpcStatus.UNAVAILABLE, "Exceeds maximum queue size", refused);
    fixture.gated().release(2);
    assertAnswers(0, running.await());
    assertAnswers(2, second.await());
    assertAnswers(3, third.await());
    assertMetric("nv_inference_request_failure", ",reason=\"REJECTED\"", 1);
  }

  /**
   * One instance, and two requests that no run can hold together: one of them waits too long at
   * least. Which one is the machine's business, for both must be in time for a run.
   */
  @Test
  void whoWaitsTooLongIsRefused() {
    fixture.startGated(
        "dynamic_batching { default_queue_policy { default_timeout_microseconds: 1000 } }");
    Pending<ModelInferResponse> narrow = startInfer(1);
    Pending<ModelInferResponse> wide = fixture.client().startInfer(row(2, 2));

    await(Future.any(narrow.reply(), wide.reply()));

    boolean narrowIsLate = narrow.reply().isComplete();
    Reply<ModelInferResponse> late = (narrowIsLate ? narrow : wide).await();
    assertEnds(GrpcStatus.UNAVAILABLE, "Request timeout expired", late);
    fixture.gated().release(1);
    (narrowIsLate ? wide : narrow).awaitEnd();
    assertTrue(fixture.gated().runsBegun() <= 1);
  }

  @Test
  void aRequestMayAskForAShorterWait() {
    fixture.startGated(
        """
        dynamic_batching { default_queue_policy {
          default_timeout_microseconds: 3600000000 allow_timeout_override: true } }
        """);
    occupy();
    var request = row(1).toBuilder();
    request.putParameters("timeout", InferParameter.newBuilder().setInt64Param(1000).build());

    Reply<ModelInferResponse> refused = fixture.client().infer(request.build());

    assertEnds(GrpcStatus.UNAVAILABLE, "Request timeout expired", refused);
  }

  @Test
  void anExpiredDeadlineIsNotRun() {
    fixture.startGated("dynamic_batching { }");
    Pending<ModelInferResponse> running = occupy();

    Reply<ModelInferResponse> late = startInfer(1, 1).await();

    assertEquals(GrpcStatus.DEADLINE_EXCEEDED, late.status());
    fixture.gated().release(2);
    assertAnswers(0, running.await());
    assertAnswers(2, startInfer(2).await());
    assertEquals(1, fixture.gated().awaitRun());
    assertMetric("nv_inference_exec_count", "", 2);
    assertMetric("nv_inference_request_failure", ",reason=\"CANCELED\"", 1);
  }

  @Test
  void whoLeavesWhileWaitingIsNotRun() {
    fixture.startGated("dynamic_batching { }");
    Pending<ModelInferResponse> running = occupy();
    Pending<ModelInferResponse> leaving = startInfer(1);
    Pending<ModelInferResponse> staying = startInfer(2);
    awaitArrivals();

    leaving.request().cancel();
    awaitArrivals();
    fixture.gated().release(2);

    assertAnswers(0, running.await());
    assertEquals(1, fixture.gated().awaitRun());
    assertAnswers(2, staying.await());
    assertMetric("nv_inference_request_failure", ",reason=\"CANCELED\"", 1);
    assertMetric("nv_inference_count", "", 2);
  }

  @Test
  void leavingWhileRunningHurtsNobody() {
    fixture.startGated("");
    Pending<ModelInferResponse> leaving = occupy();
    leaving.request().cancel();
    awaitArrivals();
    fixture.gated().release(2);
    assertAnswers(2, startInfer(2).await());
  }

  @Test
  void aFailingModelFailsItsRequestsOnly() {
    fixture.startGated("");
    fixture.gated().failWith("out of luck");
    fixture.gated().release(2);
    assertEnds(GrpcStatus.INTERNAL, "out of luck", startInfer(1).await());
    fixture.gated().failWith(null);
    assertAnswers(2, startInfer(2).await());
    assertMetric("nv_inference_request_failure", ",reason=\"BACKEND\"", 1);
  }

  @Test
  void drainingFinishesWhatItHasAndRefusesTheRest() {
    ModelWorker worker = fixture.startGated("dynamic_batching { }");
    Pending<ModelInferResponse> running = occupy();
    Pending<ModelInferResponse> queued = startInfer(1);
    awaitArrivals();

    Future<Boolean> drained = worker.drain(Duration.ofHours(1));

    assertEnds(
        GrpcStatus.UNAVAILABLE,
        "Server is stopping, scheduler for model has stopped accepting new inference requests",
        startInfer(2).await());
    assertEnds(
        GrpcStatus.UNAVAILABLE,
        "Server exiting",
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.ServerReady,
                ServerReadyRequest.getDefaultInstance()));
    assertEnds(
        GrpcStatus.UNAVAILABLE,
        "Server not ready",
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.ModelReady,
                ModelReadyRequest.newBuilder().setName("gated").build()));
    assertFalse(worker.ready());
    assertFalse(drained.isComplete());
    fixture.gated().release(2);
    assertAnswers(0, running.await());
    assertAnswers(1, queued.await());
    assertTrue(await(drained));
    await(worker.close());
  }

  @Test
  void aDrainThatTakesTooLongLetsTheQueueGo() {
    ModelWorker worker = fixture.startGated("");
    Pending<ModelInferResponse> running = occupy();
    Pending<ModelInferResponse> queued = startInfer(1);
    awaitArrivals();

    assertFalse(await(worker.drain(Duration.ofMillis(1))));
    Future<Void> closed = worker.close();

    assertEnds(
        GrpcStatus.UNAVAILABLE,
        "Server is stopping, scheduler for model has stopped accepting new inference requests",
        queued.await());
    fixture.gated().release(1);
    assertAnswers(0, running.await());
    await(closed);
  }
}
