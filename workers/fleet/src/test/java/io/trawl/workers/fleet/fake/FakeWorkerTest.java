package io.trawl.workers.fleet.fake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferHandle;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.Reply;
import io.trawl.workers.client.Tensor;
import io.trawl.workers.fleet.fake.FakeWorker.Says;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.testkit.service.Ended;
import io.trawl.workers.testkit.service.HandClock;
import io.trawl.workers.testkit.service.PrefixCache;
import io.trawl.workers.testkit.service.ServiceOptions;
import io.trawl.workers.testkit.service.ServiceTime;
import io.trawl.workers.testkit.service.TokenCost;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FakeWorkerTest {

  private static final Duration RUN = Duration.ofMillis(10);
  private static final Duration BUDGET = Duration.ofMillis(100);
  private static final InferCall CALL =
      InferCall.of("m", "1", Tensor.int64("x", new long[] {1, 1}, 7));

  private final HandClock clock = new HandClock();
  private final FakeWorker worker =
      new FakeWorker(new Endpoint("worker", 8001), 1, clock)
          .serve("m", ServiceOptions.instances(1).withQueue(2), ServiceTime.fixed(RUN))
          .answering(InferCall::inputs);
  private final OipClient client = worker.connect();

  @Test
  void aCallTakesItsTimeAndGivesAnAnswer() {
    Future<InferOutcome> outcome = infer();
    advance(9);
    assertFalse(outcome.isComplete());
    advance(1);
    Inferred answer = assertInstanceOf(Inferred.class, outcome.result());
    assertEquals("1", answer.version());
    assertEquals(CALL.inputs(), answer.outputs());
    assertEquals(0, worker.underWay());
    assertEquals(0, clock.pending());
  }

  @Test
  void theQueueIsBoundedAndImpatientCallsLeaveIt() {
    infer();
    Future<InferOutcome> impatient =
        client.infer(CALL.withQueueTimeout(Duration.ofMillis(3)), BUDGET).outcome();
    Future<InferOutcome> patient = infer();
    assertFailed(Failure.QueueFull.class, "Exceeds maximum queue size", infer());
    advance(3);
    assertFailed(Failure.QueueTimeout.class, "Request timeout expired", impatient);
    advance(17);
    assertInstanceOf(Inferred.class, patient.result());
  }

  @Test
  void noCallOutlivesItsBudgetAndWhatWaitsIsThenDropped() {
    infer();
    Future<InferOutcome> waiting = client.infer(CALL, Duration.ofMillis(2)).outcome();
    assertFailed(
        Failure.DeadlineExceeded.class, "budget", client.infer(CALL, Duration.ZERO).outcome());
    advance(2);
    assertFailed(Failure.DeadlineExceeded.class, "budget", waiting);
    advance(100);
    assertEquals(1, worker.stats("m").executions());
    assertEquals(1, worker.stats("m").takenBack());
  }

  @Test
  void aCancelledCallLeavesTheQueueOrRunsOnForNobody() {
    InferHandle running = client.infer(CALL, BUDGET);
    InferHandle waiting = client.infer(CALL, BUDGET);
    running.cancel();
    waiting.cancel();
    waiting.cancel();
    assertFailed(Failure.Cancelled.class, "", running.outcome());
    assertFailed(Failure.Cancelled.class, "", waiting.outcome());
    Future<InferOutcome> next = infer();
    advance(19);
    assertFalse(next.isComplete());
    advance(1);
    assertInstanceOf(Inferred.class, next.result());
    assertEquals(1, worker.stats("m").wasted());
    assertEquals(RUN.toNanos(), worker.stats("m").wastedNanos());
    assertEquals(1, worker.stats("m").takenBack());
    assertEquals(2, worker.statistics("m").getExecutionCount());
    assertEquals(1, worker.statistics("m").getInferenceStats().getSuccess().getCount());
  }

  @Test
  void whoeverAsksWronglyIsToldSo() {
    assertFailed(
        Failure.NotFound.class,
        "'n'",
        client.infer(InferCall.of("n", "", CALL.inputs().getFirst()), BUDGET).outcome());
    assertFailed(
        Failure.NotFound.class,
        "'m'",
        client.infer(InferCall.of("m", "2", CALL.inputs().getFirst()), BUDGET).outcome());
    assertFailed(
        Failure.InvalidRequest.class,
        "batch-size must be <= 1",
        client
            .infer(InferCall.of("m", "", Tensor.int64("x", new long[] {2, 1}, 7, 8)), BUDGET)
            .outcome());
    assertEquals(new Reply.Answer<>(false), client.modelReady("n", "", BUDGET).result());
    assertInstanceOf(Reply.NoAnswer.class, client.modelMetadata("n", "", BUDGET).result());
    assertInstanceOf(Reply.Answer.class, client.modelConfig("m", "", BUDGET).result());
  }

  @Test
  void aDrainFinishesWhatItHasAndRefusesWhatIsNewAndThenNobodyIsThere() {
    Future<InferOutcome> running = infer();
    Future<InferOutcome> waiting = infer();
    Future<Void> gone = worker.drain(Rejection.STOPPING);
    assertFailed(Failure.Stopping.class, "Server is stopping, scheduler for model", infer());
    assertStopping("Server exiting", client.serverLive(BUDGET));
    assertStopping("Server exiting", client.serverReady(BUDGET));
    assertStopping("Server not ready", client.modelReady("m", "1", BUDGET));
    assertStopping("Server not ready", client.modelMetadata("m", "1", BUDGET));
    advance(20);
    assertInstanceOf(Inferred.class, running.result());
    assertInstanceOf(Inferred.class, waiting.result());
    assertTrue(gone.isComplete());
    assertFailed(Failure.Unreachable.class, "refused", infer());
  }

  @Test
  void unloadingAtShutdownIsAnotherWord() {
    infer();
    worker.drain(Rejection.NO_VERSIONS);
    assertFailed(Failure.Stopping.class, "has no available versions", infer());
  }

  @Test
  void slowRunsTakeSoManyTimesAsLong() {
    worker.slow(3);
    Future<InferOutcome> slow = infer();
    advance(29);
    assertFalse(slow.isComplete());
    advance(1);
    assertInstanceOf(Inferred.class, slow.result());
    assertServesAgain();
  }

  @Test
  void aLateAnswerComesWhenNobodyWaits() {
    worker.answerLate();
    Future<InferOutcome> late = infer();
    advance(99);
    assertFalse(late.isComplete());
    advance(1);
    assertFailed(Failure.DeadlineExceeded.class, "budget", late);
    assertEquals(1, worker.stats("m").ended(Ended.RAN));
    assertServesAgain();
  }

  @Test
  void readinessLiesEitherWay() {
    worker.say(Says.READY);
    worker.fail(new Failure.Failed(GrpcStatus.INTERNAL, "no"));
    assertEquals(new Reply.Answer<>(true), client.modelReady("m", "1", BUDGET).result());
    assertFailed(Failure.Failed.class, "no", infer());
    worker.behave();
    worker.say(Says.NOT_READY);
    assertEquals(new Reply.Answer<>(false), client.modelReady("m", "1", BUDGET).result());
    assertEquals(new Reply.Answer<>(false), client.serverReady(BUDGET).result());
    Future<InferOutcome> works = infer();
    advance(10);
    assertInstanceOf(Inferred.class, works.result());
    assertServesAgain();
  }

  @Test
  void aHangingWorkerSaysNothingAtAllAndGoesOnWhenItIsResumed() {
    Future<InferOutcome> running = infer();
    worker.hang();
    Future<InferOutcome> left = client.infer(CALL, Duration.ofMillis(5)).outcome();
    Future<InferOutcome> late = infer();
    Future<Reply<Boolean>> live = client.serverLive(BUDGET);
    advance(50);
    assertFailed(Failure.DeadlineExceeded.class, "budget", left);
    assertFalse(running.isComplete());
    assertFalse(late.isComplete());
    assertFalse(live.isComplete());
    worker.resume();
    assertInstanceOf(Inferred.class, running.result());
    assertEquals(new Reply.Answer<>(true), live.result());
    advance(10);
    assertInstanceOf(Inferred.class, late.result());
    assertEquals(2, worker.calls());
    assertEquals(0, worker.underWay());
  }

  @Test
  void anAnswerMayBeTooLarge() {
    worker.answerTooMuch();
    Future<InferOutcome> large = infer();
    advance(10);
    assertFailed(Failure.TooLarge.class, "larger", large);
    assertServesAgain();
  }

  @Test
  void everySecondStreamIsReset() {
    worker.resetEvery(2);
    Future<InferOutcome> first = infer();
    assertFailed(Failure.Failed.class, "reset", infer());
    Future<InferOutcome> third = infer();
    assertFailed(Failure.Failed.class, "reset", infer());
    advance(20);
    assertInstanceOf(Inferred.class, first.result());
    assertInstanceOf(Inferred.class, third.result());
    assertServesAgain();
  }

  @Test
  void aConnectionBreaksWithAllThatIsOnIt() {
    Future<InferOutcome> running = infer();
    Future<InferOutcome> waiting = infer();
    worker.breakConnections();
    assertFailed(Failure.Unreachable.class, "closed", running);
    assertFailed(Failure.Unreachable.class, "closed", waiting);
    assertEquals(1, worker.stats("m").takenBack());
    advance(10);
    assertEquals(1, worker.stats("m").wasted());
    assertServesAgain();
  }

  @Test
  void aWrongVersionIsNoAnswerButToWhoNamedNone() {
    worker.answerAsVersion("9");
    Future<InferOutcome> named = infer();
    Future<InferOutcome> open =
        client.infer(InferCall.of("m", "", CALL.inputs().getFirst()), BUDGET).outcome();
    advance(20);
    assertFailed(Failure.Malformed.class, "version '9' (expected '1')", named);
    assertEquals("9", assertInstanceOf(Inferred.class, open.result()).version());
    assertServesAgain();
  }

  @Test
  void aKilledWorkerIsUnreachableAtOnce() {
    Future<InferOutcome> running = infer();
    worker.kill();
    assertFailed(Failure.Unreachable.class, "closed", running);
    assertFailed(Failure.Unreachable.class, "refused", infer());
    assertInstanceOf(Reply.NoAnswer.class, client.serverLive(BUDGET).result());
  }

  @Test
  void aClosedClientTakesItsOwnCallsWithIt() {
    OipClient other = worker.connect();
    Future<InferOutcome> mine = infer();
    Future<InferOutcome> theirs = other.infer(CALL, BUDGET).outcome();
    client.close();
    assertFailed(Failure.Unreachable.class, "client is closed", mine);
    assertFailed(Failure.Unreachable.class, "client is closed", infer());
    advance(20);
    assertInstanceOf(Inferred.class, theirs.result());
  }

  @Test
  void objectivesOfOneUserFindTheirPrefixWarm() {
    var cache = new PrefixCache(100);
    worker.serve(
        "backbone",
        ServiceOptions.instances(1),
        ServiceTime.ofTokens(new TokenCost(0, 1_000_000, 0, 128), cache));
    Future<InferOutcome> first = objective(1);
    Future<InferOutcome> second = objective(2);
    advance(20);
    assertInstanceOf(Inferred.class, first.result());
    assertFalse(second.isComplete());
    advance(4);
    assertInstanceOf(Inferred.class, second.result());
    assertEquals(40, cache.tokens());
    assertEquals(16, cache.warmTokens());
  }

  /** Twenty tokens behind two of padding; the last four are the objective's own. */
  private Future<InferOutcome> objective(int number) {
    long[] ids = LongStream.range(0, 22).map(i -> i < 18 ? i : 100L * number + i).toArray();
    long[] mask = LongStream.range(0, 22).map(i -> i < 2 ? 0 : 1).toArray();
    long[] shape = {1, 22};
    return client
        .infer(
            InferCall.of(
                "backbone",
                "",
                Tensor.int64("token_ids", shape, ids),
                Tensor.int64("attention_mask", shape, mask)),
            BUDGET)
        .outcome();
  }

  private void assertServesAgain() {
    worker.behave();
    Future<InferOutcome> outcome = infer();
    advance(10);
    assertInstanceOf(Inferred.class, outcome.result());
    assertEquals(0, worker.underWay());
  }

  private Future<InferOutcome> infer() {
    return client.infer(CALL, BUDGET).outcome();
  }

  private void advance(long millis) {
    clock.advance(Duration.ofMillis(millis));
  }

  private static void assertFailed(
      Class<? extends Failure> expected, String words, Future<InferOutcome> outcome) {
    Failure failure = assertInstanceOf(expected, outcome.result());
    assertTrue(failure.message().contains(words), failure::message);
  }

  private static void assertStopping(String words, Future<? extends Reply<?>> reply) {
    Reply.NoAnswer<?> none = assertInstanceOf(Reply.NoAnswer.class, reply.result());
    assertEquals(new Failure.Stopping(words), none.why());
  }
}
