package io.trawl.workers.client;

import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.shape;
import static io.trawl.workers.testkit.Rejection.NO_VERSIONS;
import static io.trawl.workers.testkit.Rejection.STOPPING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.testkit.FakeTriton;
import io.trawl.workers.testkit.Gate;
import io.trawl.workers.testkit.RawTensor;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.testkit.Script;
import io.trawl.workers.testkit.SeenCall;
import io.trawl.workers.testkit.SeenEnding;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Whatever a server does to a call, the call ends as the failure that says so, nothing of it stays
 * behind, and the next good call is served. Each habit is played more often than a connection has
 * streams: one that kept a stream would leave none.
 */
class BadHabitsTest {

  private static final Duration AMPLE = Duration.ofSeconds(30);
  private static final int MORE_THAN_STREAMS = 110;

  /** Habits that close the connection cost a new one each. */
  private static final int DISCONNECTS = 5;

  private static final RawTensor Y = fp32("y", shape(2), 1, 2);
  private static final InferCall CALL =
      InferCall.of("backbone", "3", Tensor.int64("token_ids", new long[] {1, 2}, 5, 6));

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
  private FakeTriton triton;
  private HandAlarm alarm;
  private OipClient client;

  private record Habit(
      String name, Class<? extends Failure> failure, String words, Consumer<Script> told) {}

  private static final List<Habit> HABITS =
      List.of(
          malformed(
              "the version of another",
              "version '4' (expected '3')",
              t -> t.ofVersion("4").answer(Y)),
          malformed(
              "the name of another",
              "model 'x' (expected 'backbone')",
              t -> t.ofModel("x").answer(Y)),
          malformed(
              "a shape that does not fit", "8 raw bytes (expected 12", t -> t.ofShape(3).answer(Y)),
          malformed("a shape that overflows", "", t -> t.ofShape(1L << 62, 4).answer(Y)),
          malformed("a shape below zero", "", t -> t.ofShape(-1).answer(Y)),
          malformed(
              "sizes that lie", "7 raw bytes (expected 8", t -> t.lyingAboutSizes().answer(Y)),
          malformed(
              "contents left out",
              "1 raw contents (expected 2",
              t -> t.missingContents().answer(Y, fp32("z", shape(1), 1))),
          malformed("an output twice", "'y' twice", t -> t.answer(Y, Y)),
          malformed("bytes that mean nothing", "undecodable", Script::babble),
          malformed("half an answer", "bytes of a message", t -> t.halved().answer(Y)),
          malformed("no answer, but OK", "without a message", Script::saySoWithoutMessage),
          malformed("no status", "without a grpc-status", Script::endWithoutStatus),
          malformed("no trailers", "without a grpc-status", t -> t.withoutTrailers().answer(Y)),
          new Habit(
              "a full queue",
              Failure.QueueFull.class,
              "Exceeds maximum queue size",
              t -> t.reject(Rejection.QUEUE_FULL)),
          new Habit(
              "a late queue timeout",
              Failure.QueueTimeout.class,
              "Request timeout expired",
              Script::expire),
          new Habit(
              "a server that stops",
              Failure.Stopping.class,
              "Server is stopping",
              t -> t.reject(STOPPING)),
          new Habit(
              "a model that goes",
              Failure.Stopping.class,
              "has no available versions",
              t -> t.reject(NO_VERSIONS)),
          new Habit("a reset", Failure.Failed.class, "code 2", t -> t.reset(2)),
          new Habit(
              "a reset in mid-answer",
              Failure.Failed.class,
              "code 2",
              t -> t.halvedByReset(2).answer(Y)),
          new Habit(
              "a proxy's answer",
              Failure.Unreachable.class,
              "HTTP status 503",
              t -> t.httpStatus(503)),
          new Habit(
              "a crash of the model",
              Failure.Failed.class,
              "boom",
              t -> t.fail(GrpcStatus.INTERNAL, "boom")));

  private static final List<Habit> HANG_UPS =
      List.of(
          hangUp("before the answer", Script::disconnect),
          hangUp("in mid-answer", t -> t.halvedByDisconnect().answer(Y)),
          hangUp("in the place of the trailers", t -> t.withoutFarewell().answer(Y)));

  private static Habit malformed(String name, String words, Consumer<Script> told) {
    return new Habit(name, Failure.Malformed.class, words, told);
  }

  private static Habit hangUp(String name, Consumer<Script> told) {
    return new Habit(name, Failure.Unreachable.class, "", told);
  }

  @BeforeEach
  void start() {
    triton = await(FakeTriton.start(vertx));
    alarm = new HandAlarm();
    client =
        new VertxOipClient(
            vertx,
            OipClientOptions.to(new Endpoint("127.0.0.1", triton.port())),
            () -> 1_000,
            OipObserver.none(),
            alarm);
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  @TestFactory
  Stream<DynamicTest> eachHabitEndsAsItsFailureAndLeavesNothingBehind() {
    return HABITS.stream()
        .map(
            habit ->
                DynamicTest.dynamicTest(
                    habit.name(),
                    () -> {
                      int before = triton.connections();
                      play(habit, MORE_THAN_STREAMS);
                      assertServes();
                      assertTrue(triton.connections() <= Math.max(before, 1), "a new connection");
                    }));
  }

  @TestFactory
  Stream<DynamicTest> aConnectionThatGoesIsUnreachableAndTheNextCallConnectsAnew() {
    return HANG_UPS.stream()
        .map(
            habit ->
                DynamicTest.dynamicTest(
                    habit.name(),
                    () -> {
                      for (int i = 0; i < DISCONNECTS; i++) {
                        play(habit, 1);
                        assertServes();
                      }
                    }));
  }

  /** Everybody on a connection loses it together, and each is told. */
  @Test
  void oneHangUpEndsEveryCallOfItsConnection() {
    var gate = new Gate();
    triton.onAny().first(20).hang().then().behind(gate).disconnect();
    List<Future<InferOutcome>> calls = new ArrayList<>();
    for (int i = 0; i <= 20; i++) {
      calls.add(client.infer(CALL, AMPLE).outcome());
    }
    await(triton.call(20));
    gate.open();
    for (Future<InferOutcome> call : calls) {
      assertInstanceOf(Failure.Unreachable.class, await(call));
    }
    assertServes();
  }

  @Test
  void theEndOfTheBudgetEndsAHangAndAHalfAnswer() {
    triton.onAny().next().hang().then().pausing(new Gate()).answer(Y);
    for (int i = 0; i < 2; i++) {
      alarm = new HandAlarm();
      client =
          new VertxOipClient(
              vertx,
              OipClientOptions.to(client.endpoint()),
              () -> 1_000,
              OipObserver.none(),
              alarm);
      InferHandle call = client.infer(CALL, AMPLE);
      SeenCall seen = await(triton.call(i));
      alarm.ring();
      assertInstanceOf(Failure.DeadlineExceeded.class, await(call.outcome()));
      assertEquals(SeenEnding.CANCELLED, await(seen.ending()));
      assertEquals(0, alarm.pending());
    }
  }

  /** Triton says so late: the time that the call may wait in the queue passes first. */
  @Test
  void aLateQueueTimeoutComesWithinTheBudget() {
    triton.onAny().next().expire();
    assertInstanceOf(
        Failure.QueueTimeout.class, outcome(CALL.withQueueTimeout(Duration.ofMillis(3))));
    assertServes();
  }

  @Test
  void readinessThatLiesIsNoAnswerToACall() {
    triton.ready(true).onAny().next().reject(STOPPING);
    assertTrue(ready());
    assertInstanceOf(Failure.Stopping.class, outcome(CALL));
    triton.ready(false);
    assertEquals(false, ready());
    assertServes();
  }

  @Test
  void whatRunsIsDeliveredWhileTheServerUnloadsItsModels() {
    var gate = new Gate();
    triton.onAny().behind(gate).answer(Y);
    Future<InferOutcome> running = client.infer(CALL, AMPLE).outcome();
    await(triton.call(0));
    await(triton.drain(NO_VERSIONS));
    assertInstanceOf(Failure.Stopping.class, outcome(CALL));
    assertInstanceOf(Reply.NoAnswer.class, await(client.modelReady("backbone", "", AMPLE)));
    gate.open();
    assertInstanceOf(Inferred.class, await(running));
    assertEquals(0, alarm.pending());
  }

  private void play(Habit habit, int times) {
    habit.told().accept(triton.onAny().first(times));
    List<Future<InferOutcome>> calls = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      calls.add(client.infer(CALL, AMPLE).outcome());
    }
    for (Future<InferOutcome> call : calls) {
      Failure failure = assertInstanceOf(habit.failure(), await(call));
      assertTrue(failure.message().contains(habit.words()), failure.message());
    }
    assertEquals(0, alarm.pending());
  }

  private void assertServes() {
    triton.onAny().next().answer(Y);
    InferOutcome outcome = outcome(CALL);
    assertInstanceOf(Inferred.class, outcome, outcome::toString);
    assertEquals(0, alarm.pending());
  }

  private boolean ready() {
    return await(client.serverReady(AMPLE)) instanceof Reply.Answer<Boolean>(Boolean value)
        && value;
  }

  private InferOutcome outcome(InferCall call) {
    return await(client.infer(call, AMPLE).outcome());
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      throw new AssertionError("nothing came within 30 s", late);
    }
  }
}
