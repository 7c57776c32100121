package io.trawl.workers.fleet.call;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferHandle;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.Tensor;
import io.trawl.workers.fleet.choose.Roster;
import io.trawl.workers.fleet.replica.Replica;
import io.trawl.workers.fleet.replica.Verdict;
import io.trawl.workers.wire.Alarm;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way, from replica to replica if need be, until it ends. What continues it runs at
 * its home, one thing after the other; taking it back may come from any thread.
 */
final class FleetCall implements InferHandle, Replica.Run {

  /** Choices that may meet a replica which has just become full. */
  private static final int CHOICES = 4;

  private final Dispatcher dispatcher;
  private final InferCall call;
  private final long deadline;
  private final long key;
  private final Executor home;
  private final Promise<InferOutcome> promise = Promise.promise();

  // Touched at home alone.
  private final List<Replica> tried = new ArrayList<>(2);
  private Failure last = new Failure.Unreachable("no worker is ready");

  private final Object lock = new Object();

  @GuardedBy("lock")
  private @Nullable InferHandle underWay;

  @GuardedBy("lock")
  private Waiting.@Nullable Place place;

  @GuardedBy("lock")
  private Alarm.@Nullable Pending tooLate;

  /** It was taken from a silent replica, and may go to another one. */
  @GuardedBy("lock")
  private boolean moved;

  @GuardedBy("lock")
  private boolean cancelled;

  @GuardedBy("lock")
  private int attempts;

  @GuardedBy("lock")
  private boolean ended;

  FleetCall(Dispatcher dispatcher, InferCall call, long deadline, long key, Executor home) {
    this.dispatcher = dispatcher;
    this.call = call;
    this.deadline = deadline;
    this.key = key;
    this.home = home;
  }

  @Override
  public Future<InferOutcome> outcome() {
    return promise.future();
  }

  /** Tries whoever is best now. */
  void go() {
    if (isCancelled()) {
      end(new Failure.Cancelled("cancelled before a worker had it"));
      return;
    }
    long left = left();
    if (left <= 0) {
      end(new Failure.DeadlineExceeded("budget spent before a worker had room"));
      return;
    }
    Roster<Replica> roster = dispatcher.roster();
    if (tried.containsAll(roster.candidates())) {
      end(last);
      return;
    }
    for (int choice = 0; choice < CHOICES; choice++) {
      Replica chosen = choose(roster);
      if (chosen == null) {
        break;
      }
      Replica.Slot slot = chosen.begin(this);
      if (slot != null) {
        send(chosen, slot, left);
        return;
      }
    }
    await();
  }

  /** Who has had it is passed over while others have room; room that it left would be nobody's. */
  private @Nullable Replica choose(Roster<Replica> roster) {
    Replica chosen = dispatcher.chooser().choose(roster, key, tried);
    return chosen == null && !tried.isEmpty()
        ? dispatcher.chooser().choose(roster, key, List.of())
        : chosen;
  }

  private void send(Replica replica, Replica.Slot slot, long left) {
    InferHandle handle;
    try {
      handle = replica.client().infer(timed(left), Duration.ofNanos(left));
    } catch (RuntimeException broken) {
      answered(replica, slot, new Failure.Unreachable(String.valueOf(broken.getMessage())));
      return;
    } catch (Error broken) {
      slot.end(new Failure.Unreachable(String.valueOf(broken.getMessage())));
      throw broken;
    }
    boolean late;
    synchronized (lock) {
      underWay = handle;
      attempts++;
      late = cancelled;
    }
    handle
        .outcome()
        .onComplete(
            outcome -> answered(replica, slot, outcome),
            broken ->
                answered(
                    replica, slot, new Failure.Unreachable(String.valueOf(broken.getMessage()))));
    if (late) {
      handle.cancel();
    }
  }

  /** Its queue at the worker gives it up when its caller does. */
  private InferCall timed(long left) {
    return call.parameters().containsKey("timeout") || left < 1_000
        ? call
        : call.withQueueTimeout(Duration.ofNanos(left));
  }

  private void answered(Replica replica, Replica.Slot slot, InferOutcome outcome) {
    Verdict verdict = slot.end(outcome);
    boolean goesOn;
    synchronized (lock) {
      underWay = null;
      goesOn = moved && !cancelled;
      moved = false;
    }
    if (!(outcome instanceof Failure failure)) {
      end(outcome);
      return;
    }
    // Whoever reads of a call that was taken back is not told that its caller left.
    var why = goesOn ? new Failure.Unreachable("it ended no call for too long") : failure;
    last = why.at(replica.endpoint());
    if (left() > 0 && (goesOn || mayRepeat(verdict))) {
      tried.add(replica);
      go();
    } else {
      end(last);
    }
  }

  private boolean mayRepeat(Verdict verdict) {
    synchronized (lock) {
      if (cancelled
          || verdict.repeat() == Verdict.Repeat.NO
          || attempts >= dispatcher.options().attempts()) {
        return false;
      }
    }
    if (!dispatcher.retries().tryTake()) {
      dispatcher.counts().unaffordable();
      return false;
    }
    dispatcher.counts().retried();
    return true;
  }

  /** Waits for a replica with room, if one can have some in time. */
  void await() {
    long spare = left() - (long) quickest();
    if (spare <= 0) {
      shed("no worker has room in time");
      return;
    }
    boolean full;
    synchronized (lock) {
      place = dispatcher.waiting().add(this, deadline, bytes());
      full = place == null;
      if (!full) {
        tooLate = dispatcher.alarm().after(spare, this::waitedTooLong);
      }
    }
    if (full) {
      shed("as many calls wait for a worker as may");
      return;
    }
    dispatcher.counts().waited();
    if (isCancelled() && leavesLine()) {
      end(new Failure.Cancelled("cancelled before a worker had it"));
    }
    // Of room that was made before it stood in line it has not heard.
    if (choose(dispatcher.roster()) != null) {
      dispatcher.room();
    }
  }

  private double quickest() {
    double least = Double.POSITIVE_INFINITY;
    for (Replica replica : dispatcher.roster().candidates()) {
      least = Math.min(least, replica.load().latencyNanos());
    }
    return least;
  }

  private void waitedTooLong() {
    if (leavesLine()) {
      shed("no worker had room in time");
    }
  }

  private void shed(String why) {
    dispatcher.counts().shed();
    end(new Failure.QueueFull(why));
  }

  /** Its turn has come: whoever says so has taken it out of the line. */
  void comesOn() {
    waitsNoMore();
    home.execute(this::go);
  }

  private boolean isCancelled() {
    synchronized (lock) {
      return cancelled;
    }
  }

  /** True if it stood in the line, which is given its place back then: its turn has not come. */
  private boolean leavesLine() {
    Waiting.Place stood = waitsNoMore();
    return stood != null && dispatcher.waiting().remove(stood);
  }

  private Waiting.@Nullable Place waitsNoMore() {
    synchronized (lock) {
      Waiting.Place stood = place;
      place = null;
      if (tooLate != null) {
        tooLate.cancel();
        tooLate = null;
      }
      return stood;
    }
  }

  @Override
  public void takeBack() {
    InferHandle handle;
    synchronized (lock) {
      handle = underWay;
      if (handle == null || moved || cancelled || attempts >= dispatcher.options().attempts()) {
        return;
      }
      // Who cannot be paid for elsewhere may as well hope for an answer here.
      if (!dispatcher.retries().tryTake()) {
        dispatcher.counts().unaffordable();
        return;
      }
      moved = true;
    }
    dispatcher.counts().moved();
    handle.cancel();
  }

  @Override
  public void cancel() {
    InferHandle handle;
    synchronized (lock) {
      if (cancelled || ended) {
        return;
      }
      cancelled = true;
      handle = underWay;
    }
    if (handle != null) {
      handle.cancel();
    } else if (leavesLine()) {
      home.execute(() -> end(new Failure.Cancelled("cancelled while it waited for a worker")));
    }
  }

  private void end(InferOutcome outcome) {
    synchronized (lock) {
      if (ended) {
        return;
      }
      ended = true;
    }
    promise.tryComplete(outcome);
  }

  private long left() {
    return deadline - dispatcher.clock().nanos();
  }

  private long bytes() {
    long sum = 0;
    for (Tensor input : call.inputs()) {
      sum += input.raw().length();
    }
    return sum;
  }
}
