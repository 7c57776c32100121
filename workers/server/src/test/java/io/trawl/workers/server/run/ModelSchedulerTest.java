package io.trawl.workers.server.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.server.run.BackendException.Fault;
import io.trawl.workers.server.run.BatchQueue.Ticket;
import io.trawl.workers.server.run.BatchingPolicy.QueuePolicy;
import io.trawl.workers.server.run.CallFailure.Code;
import io.trawl.workers.server.run.CallFailure.Reason;
import io.trawl.workers.tensors.Datatype;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of the requests that run: of good ones beside a bad one, and of runs that nobody
 * waits for any more. Time is what the test says, and a run ends when the test lets it.
 */
final class ModelSchedulerTest {
  private static final long HANG_SECONDS = 60;
  private static final int BAD = 13;
  private static final int WORSE = 14;

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final ManualTimers timers = new ManualTimers();
  private final Model model = new Model();
  private final ModelStats stats = new ModelStats(InstantSource.system());
  private final List<String> hopeless = new ArrayList<>();
  private final ModelScheduler scheduler =
      new ModelScheduler(
          "m/1",
          true,
          new BatchingPolicy(true, 16, List.of(), 0, new QueuePolicy(64, false, 0, false)),
          new RunLimits(Duration.ofSeconds(60), Duration.ofSeconds(5), hopeless::add),
          List.of(model),
          stats,
          nanos::get,
          timers);

  @AfterEach
  void letGo() {
    model.endRun();
    model.endRun();
    scheduler.close();
  }

  /** Timers of a clock that stands still until it is told. */
  private final class ManualTimers implements Timers {
    private record Due(long at, Runnable task) {}

    private final List<Due> all = new ArrayList<>();

    @Override
    public synchronized Timer after(long delayNanos, Runnable task) {
      Due due = new Due(nanos.get() + delayNanos, task);
      all.add(due);
      return () -> cancel(due);
    }

    private synchronized void cancel(Due due) {
      all.remove(due);
    }

    private synchronized @Nullable Due next(long until) {
      return all.stream()
          .filter(due -> due.at() - until <= 0)
          .findFirst()
          .map(
              due -> {
                all.remove(due);
                return due;
              })
          .orElse(null);
    }

    void pass(Duration time) {
      long until = nanos.addAndGet(time.toNanos());
      for (Due due = next(until); due != null; due = next(until)) {
        due.task().run();
      }
    }
  }

  /** Gives its input back, but for values that it cannot take. */
  private static final class Model implements ModelInstance {
    private final BlockingQueue<List<Integer>> begun = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> ends = new LinkedBlockingQueue<>();
    private final BlockingQueue<RunStop> asked = new LinkedBlockingQueue<>();
    private volatile boolean gated;

    @Override
    public List<TensorSpec> inputs() {
      return List.of();
    }

    @Override
    public List<TensorSpec> outputs() {
      return List.of();
    }

    @Override
    public Run run(List<Input> inputs, List<String> outputNames, RunStop stop)
        throws BackendException {
      Input in = inputs.getFirst();
      ByteString data = ByteString.copyFrom(in.parts());
      begun.add(values(data));
      stop.begin(() -> asked.add(stop));
      try {
        if (gated) {
          ends.take();
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } finally {
        stop.end();
      }
      if (values(data).contains(BAD)) {
        throw new BackendException(Fault.INPUT, "13 is not in the table", null);
      }
      if (values(data).contains(WORSE)) {
        throw new BackendException(Fault.RUN, "no idea", null);
      }
      return new Run(List.of(new ModelTensor("OUT", in.type(), in.shape(), data)), 1, 2, 3);
    }

    List<Integer> awaitRun() {
      return taken(begun);
    }

    void awaitAsked() {
      taken(asked);
    }

    void endRun() {
      ends.add(true);
    }

    private static <T> T taken(BlockingQueue<T> queue) {
      try {
        T next = queue.poll(HANG_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
          throw new AssertionError("nothing comes");
        }
        return next;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {}
  }

  private static List<Integer> values(ByteString data) {
    return IntStream.range(0, data.size()).mapToObj(i -> (int) data.byteAt(i)).toList();
  }

  /** A request of one row, and how it ends: with its value, or why not. */
  private final class Call implements Job.Receiver {
    private final CompletableFuture<@Nullable CallFailure> end = new CompletableFuture<>();
    private final int value;
    private final Job job;
    private Consumer<List<ModelTensor>> taking = _ -> {};

    Call(int value, long deadlineNanos) {
      this.value = value;
      this.job =
          new Job(
              List.of(
                  new ModelTensor(
                      "IN",
                      Datatype.INT8,
                      Shape.of(1, 1),
                      ByteString.copyFrom(new byte[] {(byte) value}))),
              List.of("OUT"),
              new Ticket(1, "kind", 0, deadlineNanos),
              nanos.get(),
              this);
    }

    @Override
    public void answered(List<ModelTensor> outputs) {
      taking.accept(outputs);
      assertEquals(List.of(value), values(outputs.getFirst().data()));
      end.complete(null);
    }

    @Override
    public void failed(CallFailure failure) {
      end.complete(failure);
    }

    @Nullable CallFailure await() {
      return end.orTimeout(HANG_SECONDS, TimeUnit.SECONDS).join();
    }

    void assertAnswered() {
      assertNull(await());
    }

    void assertFails(Code code, String text) {
      CallFailure failure = await();
      if (failure == null) {
        throw new AssertionError("answered");
      }
      assertEquals(code, failure.code());
      assertEquals(text, failure.message());
    }
  }

  private Call submit(int value, Duration deadline) {
    Call call = new Call(value, deadline.toNanos());
    scheduler.submit(call.job);
    return call;
  }

  private Call submit(int value) {
    Call call = new Call(value, BatchQueue.NEVER);
    scheduler.submit(call.job);
    return call;
  }

  /** Occupies the instance, so that what comes after waits and then runs together. */
  private Call occupy() {
    model.gated = true;
    Call first = submit(0);
    assertEquals(List.of(0), model.awaitRun());
    return first;
  }

  /** Lets the run that occupies the instance end, and no other wait. */
  private void goOn() {
    model.gated = false;
    model.endRun();
  }

  /** Waits until nothing runs: then everything is counted. */
  private void settle() {
    scheduler.drain().toCompletableFuture().orTimeout(HANG_SECONDS, TimeUnit.SECONDS).join();
  }

  @Test
  void oneBadRequestFailsAlone() {
    Call first = occupy();
    List<Call> good = new ArrayList<>();
    Call bad = null;
    for (int i = 1; i <= 9; i++) {
      if (i == 6) {
        bad = submit(BAD);
      } else {
        good.add(submit(i));
      }
    }
    if (bad == null) {
      throw new AssertionError();
    }

    goOn();

    first.assertAnswered();
    good.forEach(Call::assertAnswered);
    bad.assertFails(Code.INVALID_ARGUMENT, "13 is not in the table");
    assertEquals(List.of(1, 2, 3, 4, 5, BAD, 7, 8, 9), model.awaitRun());
    assertEquals(List.of(1, 2, 3, 4), model.awaitRun());
    assertEquals(List.of(5, BAD, 7, 8, 9), model.awaitRun());
    assertEquals(List.of(5, BAD), model.awaitRun());
    assertEquals(List.of(5), model.awaitRun());
    assertEquals(List.of(BAD), model.awaitRun());
    assertEquals(List.of(7, 8, 9), model.awaitRun());
    settle();
    assertEquals(6, stats.reruns.sum());
    assertEquals(9, stats.succeeded.sum());
    assertEquals(9, stats.inferences.sum());
    assertEquals(4, stats.executions.sum());
    assertEquals(1, stats.failures(Reason.BACKEND));
  }

  @Test
  void whatFailsForNoKnownReasonIsNoCallersFault() {
    Call first = occupy();
    Call good = submit(1);
    Call bad = submit(WORSE);
    goOn();
    first.assertAnswered();
    good.assertAnswered();
    bad.assertFails(Code.INTERNAL, "no idea");
  }

  @Test
  void whoseDeadlineHasPassedIsNotRunAgain() {
    Call first = occupy();
    Call late = submit(1, Duration.ofSeconds(1));
    Call good = submit(2);
    Call bad = submit(BAD);
    model.endRun();
    assertEquals(List.of(1, 2, BAD), model.awaitRun());

    timers.pass(Duration.ofSeconds(1));
    late.assertFails(Code.DEADLINE_EXCEEDED, "Deadline Exceeded");
    goOn();

    first.assertAnswered();
    good.assertAnswered();
    bad.assertFails(Code.INVALID_ARGUMENT, "13 is not in the table");
    assertEquals(List.of(2, BAD), model.awaitRun());
    settle();
    assertEquals(1, stats.failures(Reason.CANCELED));
  }

  @Test
  void anAnswerThatCannotBeMadeIsNobodyElsesFailure() {
    Call first = occupy();
    Call unlucky = new Call(1, BatchQueue.NEVER);
    unlucky.taking =
        _ -> {
          throw new IllegalStateException("made for a test");
        };
    scheduler.submit(unlucky.job);
    Call good = submit(2);
    goOn();
    first.assertAnswered();
    unlucky.assertFails(Code.INTERNAL, "internal error while an answer was made");
    good.assertAnswered();
  }

  @Test
  void aRunEndsWhenTheLastCallerStopsWaiting() {
    Call first = occupy();
    Call soon = submit(1, Duration.ofSeconds(1));
    Call later = submit(2, Duration.ofSeconds(2));
    model.endRun();
    assertEquals(List.of(1, 2), model.awaitRun());
    first.assertAnswered();

    timers.pass(Duration.ofSeconds(1));
    soon.assertFails(Code.DEADLINE_EXCEEDED, "Deadline Exceeded");
    assertTrue(model.asked.isEmpty());
    assertFalse(later.end.isDone());

    timers.pass(Duration.ofSeconds(1));
    later.assertFails(Code.DEADLINE_EXCEEDED, "Deadline Exceeded");
    model.awaitAsked();
  }

  @Test
  void aRunEndsWhenTheLastCallerLeaves() {
    Call first = occupy();
    Call second = submit(1);
    Call third = submit(2);
    model.endRun();
    first.assertAnswered();
    assertEquals(List.of(1, 2), model.awaitRun());

    scheduler.cancel(second.job);
    second.assertFails(Code.CANCELLED, "cancelled");
    assertTrue(model.asked.isEmpty());
    scheduler.cancel(third.job);
    third.assertFails(Code.CANCELLED, "cancelled");
    model.awaitAsked();
    goOn();
    settle();
    assertEquals(2, stats.failures(Reason.CANCELED));
  }

  @Test
  void whoLeavesBeforeItsJobArrivesIsNotRun() {
    Call gone = new Call(1, BatchQueue.NEVER);
    scheduler.cancel(gone.job);
    scheduler.submit(gone.job);
    gone.assertFails(Code.CANCELLED, "cancelled");
    submit(2).assertAnswered();
    assertEquals(List.of(2), model.awaitRun());
  }

  @Test
  void noRunIsLongerThanTheLimit() {
    Call endless = occupy();
    timers.pass(Duration.ofSeconds(60));
    endless.assertFails(
        Code.DEADLINE_EXCEEDED,
        "model 'm/1' ran for longer than 60 s, the most that a run may take");
    model.awaitAsked();
    assertFalse(scheduler.isStuck());

    goOn();
    submit(1).assertAnswered();
    assertEquals(1, stats.stopped.sum());
    assertEquals(List.of(), hopeless);
  }

  @Test
  void aRunThatDoesNotObeyTakesItsModelOut() {
    Call impatient = new Call(0, Duration.ofSeconds(1).toNanos());
    model.gated = true;
    scheduler.submit(impatient.job);
    model.awaitRun();
    Call waiting = submit(1);

    timers.pass(Duration.ofSeconds(1));
    timers.pass(Duration.ofSeconds(5));

    String refusal =
        "model 'm/1' takes nothing: 1 of 1 instances run and do not end although they were told to";
    impatient.assertFails(Code.DEADLINE_EXCEEDED, "Deadline Exceeded");
    waiting.assertFails(Code.UNAVAILABLE, refusal);
    assertTrue(scheduler.isStuck());
    submit(2).assertFails(Code.UNAVAILABLE, refusal);
    assertEquals(List.of(), hopeless);

    goOn();
    while (scheduler.isStuck()) {
      Thread.onSpinWait();
    }
    submit(3).assertAnswered();
  }

  @Test
  void aRunThatCannotBeEndedIsToldOfAndHoldsNoUnloadUp() {
    Call endless = occupy();
    CompletableFuture<?> retired = scheduler.retire().toCompletableFuture();

    timers.pass(Duration.ofSeconds(60));
    assertFalse(retired.isDone());
    timers.pass(Duration.ofSeconds(5));

    endless.assertFails(
        Code.DEADLINE_EXCEEDED,
        "model 'm/1' ran for longer than 60 s, the most that a run may take");
    retired.orTimeout(HANG_SECONDS, TimeUnit.SECONDS).join();
    assertEquals(
        List.of(
            "model 'm/1': a run does not end, 65 s after its start and 5 s after it was told to"),
        hopeless);
    timers.pass(Duration.ofDays(1));
    assertEquals(1, hopeless.size());
  }
}
