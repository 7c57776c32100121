package io.trawl.workers.testkit.contract;

import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ModelInfer;
import static io.trawl.workers.testkit.contract.OipContract.assertRefused;
import static io.trawl.workers.testkit.contract.OipContract.assertRows;
import static io.trawl.workers.testkit.contract.OipContract.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.testkit.RawTensor;
import io.trawl.workers.testkit.contract.OipCaller.Pending;
import io.trawl.workers.testkit.contract.OipCaller.Reply;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.trawl.workers.testkit.contract.OipSubject.Runs;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of calls that wait: they run together, or end with the right words. */
interface SchedulingContract extends OipContract {

  @Test
  default void thoseWhoWaitedRunTogether() {
    Runs runs = gated();
    Pending<ModelInferResponse> first = occupy(runs);
    List<Pending<ModelInferResponse>> waiting = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      waiting.add(grpc().startInfer(rows("gated", i).build()));
    }
    awaitArrivals();
    runs.release(2);
    assertEquals(4, runs.awaitNext());
    assertRows(first.await().ok(), 0);
    for (int i = 1; i <= 4; i++) {
      assertRows(waiting.get(i - 1).await().ok(), i);
    }
  }

  @Test
  default void aFullQueueRefusesAtOnce() {
    Runs runs = gated();
    Pending<ModelInferResponse> first = occupy(runs);
    List<Pending<ModelInferResponse>> more = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      more.add(grpc().startInfer(rows("gated", i).build()));
    }
    // The last one is refused while the first one still runs.
    assertQueueFull(more.getLast().await());
    assertFalse(first.reply().isComplete());

    // Three more runs are enough for a queue of four and what was taken from it in advance.
    runs.release(4);
    assertRows(first.await().ok(), 0);
    int delivered = 0;
    for (Pending<ModelInferResponse> call : more) {
      Reply<ModelInferResponse> reply = call.await();
      if (reply.status() == GrpcStatus.OK) {
        delivered++;
      } else {
        assertQueueFull(reply);
      }
    }
    assertTrue(delivered >= 4, delivered + " were delivered");
    drainRuns(runs, delivered);
  }

  /** Takes back what was let through in advance, so that the next test holds its own runs. */
  private void drainRuns(Runs runs, int delivered) {
    int begun = 0;
    for (long rows = 0; rows < delivered; begun++) {
      rows += runs.awaitNext();
    }
    for (int spare = 3 - begun; spare > 0; spare--) {
      grpc().infer(rows("gated", 1).build()).ok();
      runs.awaitNext();
    }
  }

  private static void assertQueueFull(Reply<?> reply) {
    assertRefused(GrpcStatus.UNAVAILABLE, "Exceeds maximum queue size", reply);
  }

  @Test
  default void aTimeoutEndsTheWaitInTheQueue() {
    Runs runs = gated();
    Pending<ModelInferResponse> first = occupy(runs);
    ModelInferRequest impatient =
        rows("gated", 1)
            .putParameters("timeout", InferParameter.newBuilder().setInt64Param(1_000).build())
            .build();
    Pending<ModelInferResponse> late = grpc().startInfer(impatient);
    Pending<ModelInferResponse> patient = grpc().startInfer(rows("gated", 2, 3).build());
    assertRefused(GrpcStatus.UNAVAILABLE, "Request timeout expired", late.await());
    runs.release(2);
    assertEquals(2, runs.awaitNext());
    assertRows(first.await().ok(), 0);
    assertRows(patient.await().ok(), 2, 3);
  }

  @Test
  default void aCallTakenBackWhileItWaitsIsNotRun() {
    Runs runs = gated();
    Pending<ModelInferResponse> first = occupy(runs);
    Pending<ModelInferResponse> leaving = grpc().startInfer(rows("gated", 1).build());
    Pending<ModelInferResponse> staying = grpc().startInfer(rows("gated", 2, 3).build());
    awaitArrivals();
    leaving.cancel();
    leaving.awaitEnd();
    awaitArrivals();
    runs.release(2);
    assertEquals(2, runs.awaitNext());
    assertRows(first.await().ok(), 0);
    assertRows(staying.await().ok(), 2, 3);
  }

  /** Its run ends as it would have, and its place goes to who waits. */
  @Test
  default void aCallTakenBackWhileItRunsCostsOthersNothing() {
    Runs runs = gated();
    Pending<ModelInferResponse> leaving = occupy(runs);
    Pending<ModelInferResponse> staying = grpc().startInfer(rows("gated", 2, 3).build());
    awaitArrivals();
    leaving.cancel();
    leaving.awaitEnd();
    awaitArrivals();
    assertFalse(staying.reply().isComplete());
    runs.release(2);
    assertEquals(2, runs.awaitNext());
    assertRows(staying.await().ok(), 2, 3);
  }

  /** The answer waits for a window that never opens; its end must not be everybody's. */
  @Test
  default void aCallerWhoLeavesInMidAnswerCostsOthersNothing() {
    needs(Feature.CANCELLATION_AT_ANY_MOMENT);
    Runs runs = gated();
    int length = 1 << 20;
    RawTensor large = RawTensor.fp32("IN", RawTensor.shape(1, length), new float[length]);
    try (BareCaller bare = bare()) {
      Future<String> running = bare.start(rows("gated", 1).build());
      assertEquals(1, runs.awaitNext());
      for (int i = 0; i < 3; i++) {
        bare.startUnread(OipContract.request("identity_fp32", large).build()).leave();
      }
      bare.askAndLeave(50);
      runs.release(1);
      assertEquals("0", OipCaller.await(running));
    }
  }

  @Test
  default void aCallWhoseDeadlinePassesWhileItWaitsIsNotRun() {
    Runs runs = gated();
    Pending<ModelInferResponse> first = occupy(runs);
    Pending<ModelInferResponse> late =
        grpc().start(ModelInfer, rows("gated", 1).build(), Duration.ofMillis(20));
    Pending<ModelInferResponse> patient = grpc().startInfer(rows("gated", 2, 3).build());
    // By status or by reset: a server may do either to a caller who should have left.
    late.awaitEnd();
    runs.release(2);
    assertEquals(2, runs.awaitNext());
    assertRows(first.await().ok(), 0);
    assertRows(patient.await().ok(), 2, 3);
  }

  @Test
  default void shapesAreNotMixed() {
    Runs runs = gated();
    Pending<ModelInferResponse> first = occupy(runs);
    Pending<ModelInferResponse> narrow = grpc().startInfer(rows("gated", 1).build());
    RawTensor pair = RawTensor.fp32("IN", RawTensor.shape(1, 2), 2, 3);
    Pending<ModelInferResponse> wide =
        grpc().startInfer(OipContract.request("gated", pair).build());
    awaitArrivals();
    runs.release(3);
    assertEquals(1, runs.awaitNext());
    assertEquals(1, runs.awaitNext());
    assertRows(first.await().ok(), 0);
    assertRows(narrow.await().ok(), 1);
    OipContract.assertOutput(RawTensor.fp32("OUT", RawTensor.shape(1, 2), 2, 3), wide.await().ok());
  }
}
