package io.trawl.workers.fleet.call;

import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferHandle;
import io.trawl.workers.fleet.choose.Chooser;
import io.trawl.workers.fleet.choose.Roster;
import io.trawl.workers.fleet.replica.Replica;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Brings calls to replicas: chooses one for each, makes those anew elsewhere that may be, and lets
 * those wait, nearest deadline first, for which no replica has room. Safe for all threads.
 */
public final class Dispatcher {

  private final CallOptions options;
  private final Chooser chooser;
  private final Supplier<Roster<Replica>> roster;
  private final RetryBudget retries;
  private final CallCounts counts;
  private final NanoClock clock;
  private final Alarm alarm;
  private final Supplier<Executor> home;
  private final Waiting<FleetCall> waiting;

  /**
   * Of one model.
   *
   * @param roster of the replicas that are ready, as it is now
   * @param retries which models may share
   * @param home where a call lives: asked when it is made, and what continues it runs there
   */
  public Dispatcher(
      CallOptions options,
      Chooser chooser,
      Supplier<Roster<Replica>> roster,
      RetryBudget retries,
      CallCounts counts,
      NanoClock clock,
      Alarm alarm,
      Supplier<Executor> home) {
    this.options = options;
    this.chooser = chooser;
    this.roster = roster;
    this.retries = retries;
    this.counts = counts;
    this.clock = clock;
    this.alarm = alarm;
    this.home = home;
    this.waiting = new Waiting<>(options.waiting(), options.waitingBytes());
  }

  /**
   * Makes a call on the replica that is best for it.
   *
   * @param budget what is left of the caller's time
   * @param key of the user it is for; any number where keys have no owners
   */
  public InferHandle infer(InferCall call, Duration budget, long key) {
    retries.made();
    var made = new FleetCall(this, call, clock.nanos() + budget.toNanos(), key, home.get());
    // Who comes later does not pass by those who wait.
    if (waiting.size() > 0) {
      made.await();
    } else {
      made.go();
    }
    return made;
  }

  /** Some replica may have room now: those who wait are let try. */
  public void room() {
    if (waiting.size() == 0) {
      return;
    }
    long free = 0;
    for (Replica replica : roster.get().candidates()) {
      if (replica.takes()) {
        free += Math.max(0, replica.limit() - replica.load().underWay());
      }
    }
    for (; free > 0; free--) {
      FleetCall next = waiting.next();
      if (next == null) {
        return;
      }
      next.comesOn();
    }
  }

  /** Calls that wait for room. */
  public int waitingCalls() {
    return waiting.size();
  }

  CallOptions options() {
    return options;
  }

  Chooser chooser() {
    return chooser;
  }

  Roster<Replica> roster() {
    return roster.get();
  }

  RetryBudget retries() {
    return retries;
  }

  CallCounts counts() {
    return counts;
  }

  NanoClock clock() {
    return clock;
  }

  Alarm alarm() {
    return alarm;
  }

  Waiting<FleetCall> waiting() {
    return waiting;
  }
}
