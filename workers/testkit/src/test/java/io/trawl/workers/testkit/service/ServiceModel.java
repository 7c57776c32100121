package io.trawl.workers.testkit.service;

import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One model as Triton schedules it: a bounded queue in front of some instances. An instance that is
 * free takes the first that waits, and with it those behind it of the same shape, up to the largest
 * batch. Who waits may leave the queue, by its timeout or since its caller left; who runs, runs to
 * its end.
 *
 * <p>Once stopped it refuses what is new and finishes what it has. Paused, as by SIGSTOP, it
 * neither hears nor says anything, though a run on an accelerator goes on; resumed, it hears all of
 * it in order.
 */
public final class ServiceModel {

  /** A call that was submitted. */
  @FunctionalInterface
  public interface Submitted {

    /** Its caller leaves: nothing is told of it any more. After its end this does nothing. */
    void takeBack();
  }

  private enum State {
    UNREAD,
    WAITING,
    RUNNING,
    OVER
  }

  private final ServiceOptions options;
  private final Runner runner;
  private final NanoClock clock;
  private final InstantSource instants;
  private final Alarm alarm;
  private final ServiceStats stats = new ServiceStats();
  private final LinkedHashSet<Call> waiting = new LinkedHashSet<>();
  private final Deque<Runnable> unheard = new ArrayDeque<>();
  private final Promise<Void> idle = Promise.promise();
  private int free;
  private boolean starting;
  private boolean stopping;
  private boolean paused;

  /**
   * One that does nothing yet.
   *
   * @param alarm for timeouts in the queue
   */
  public ServiceModel(
      ServiceOptions options, Runner runner, NanoClock clock, InstantSource instants, Alarm alarm) {
    this.options = options;
    this.runner = runner;
    this.clock = clock;
    this.instants = instants;
    this.alarm = alarm;
    this.free = options.instances();
  }

  public ServiceOptions options() {
    return options;
  }

  public ServiceStats stats() {
    return stats;
  }

  /** Calls in the queue. */
  public int waiting() {
    return waiting.size();
  }

  /** Runs under way. */
  public int running() {
    return options.instances() - free;
  }

  /**
   * A call arrives.
   *
   * @param told of its end, unless it is taken back; at once where it is refused
   */
  public Submitted submit(Work work, Consumer<Ended> told) {
    if (work.rows() > options.maxRows()) {
      throw new IllegalArgumentException(
          "rows: %d (expected at most %d)".formatted(work.rows(), options.maxRows()));
    }
    var call = new Call(work, told, clock.nanos());
    hear(() -> arrived(call));
    return () -> takeBack(call);
  }

  /** Takes nothing new. Complete when nothing waits or runs. */
  public Future<Void> stop() {
    stopping = true;
    endIfIdle();
    return idle.future();
  }

  public void pause() {
    paused = true;
  }

  /** Hears what came in the meantime. */
  public void resume() {
    // Paused to the last of it: what follows from one comes behind the others.
    for (Runnable next = unheard.poll(); next != null; next = unheard.poll()) {
      next.run();
    }
    paused = false;
  }

  private void hear(Runnable event) {
    if (paused) {
      unheard.add(event);
    } else {
      event.run();
    }
  }

  private void arrived(Call call) {
    if (call.state == State.OVER) {
      return;
    }
    if (stopping) {
      refuse(call, Ended.STOPPING);
    } else if (free == 0 && waiting.size() >= options.queue()) {
      refuse(call, Ended.QUEUE_FULL);
    } else {
      call.state = State.WAITING;
      waiting.add(call);
      startRuns();
      long most = call.work.queueTimeoutNanos();
      if (call.state == State.WAITING && most > 0) {
        call.timeout = alarm.after(most, () -> hear(() -> timedOut(call)));
      }
    }
  }

  private void timedOut(Call call) {
    if (call.state == State.WAITING) {
      waiting.remove(call);
      refuse(call, Ended.QUEUE_TIMEOUT);
      endIfIdle();
    }
  }

  private void refuse(Call call, Ended why) {
    stats.refused(why, clock.nanos() - call.arrivedAt);
    call.end(why);
  }

  private void takeBack(Call call) {
    if (call.state == State.UNREAD) {
      // The reset comes with the call itself, before anybody looks at it.
      call.state = State.OVER;
    } else if (call.state != State.OVER && !call.left) {
      call.left = true;
      hear(() -> left(call));
    }
  }

  private void left(Call call) {
    if (call.state == State.WAITING) {
      waiting.remove(call);
      stats.leftUnrun(clock.nanos() - call.arrivedAt);
      call.over();
      endIfIdle();
    }
  }

  private void startRuns() {
    if (starting) {
      return;
    }
    starting = true;
    try {
      while (free > 0 && !waiting.isEmpty()) {
        start(nextBatch());
      }
    } finally {
      starting = false;
    }
  }

  private List<Call> nextBatch() {
    List<Call> batch = new ArrayList<>();
    int rows = 0;
    while (!waiting.isEmpty()) {
      Call next = waiting.getFirst();
      boolean fits =
          batch.isEmpty()
              || (next.work.shape().equals(batch.getFirst().work.shape())
                  && rows + next.work.rows() <= options.maxRows());
      if (!fits) {
        break;
      }
      rows += next.work.rows();
      batch.add(waiting.removeFirst());
    }
    return batch;
  }

  private void start(List<Call> batch) {
    free--;
    long now = clock.nanos();
    List<Work> works = new ArrayList<>(batch.size());
    for (Call call : batch) {
      call.runs();
      works.add(call.work);
    }
    runner.run(works, () -> hear(() -> ran(batch, now)));
  }

  private void ran(List<Call> batch, long begunAt) {
    long nanos = clock.nanos() - begunAt;
    stats.executed(
        batch.stream().mapToInt(call -> call.work.rows()).sum(), nanos, instants.millis());
    for (Call call : batch) {
      if (call.left) {
        stats.ranForNobody(nanos);
      } else {
        stats.ran(begunAt - call.arrivedAt, nanos);
      }
    }
    free++;
    // Who waited comes before whoever asks again when told.
    startRuns();
    batch.forEach(call -> call.end(Ended.RAN));
    endIfIdle();
  }

  private void endIfIdle() {
    if (stopping && waiting.isEmpty() && running() == 0) {
      idle.tryComplete();
    }
  }

  private static final class Call {

    private final Work work;
    private final Consumer<Ended> told;
    private final long arrivedAt;
    private State state = State.UNREAD;
    private boolean left;
    private Alarm.@Nullable Pending timeout;

    Call(Work work, Consumer<Ended> told, long arrivedAt) {
      this.work = work;
      this.told = told;
      this.arrivedAt = arrivedAt;
    }

    void runs() {
      state = State.RUNNING;
      forgetTimeout();
    }

    void over() {
      state = State.OVER;
      forgetTimeout();
    }

    void end(Ended how) {
      over();
      if (!left) {
        told.accept(how);
      }
    }

    private void forgetTimeout() {
      if (timeout != null) {
        timeout.cancel();
      }
    }
  }
}
