package io.trawl.workers.testkit.service;

import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Time that moves when a test says so, with an alarm that rings by it. What is due at one moment
 * happens in the order in which it was asked for.
 *
 * <p>Any thread may read it and set an alarm; actions run on the thread that moves it, under no
 * lock.
 */
public final class HandClock implements NanoClock, Alarm, InstantSource {

  /** Cancelled alarms that are worth no sweep. */
  private static final int FEW = 1_024;

  /** Further away than any test goes, and not so far that the sum of two overflows. */
  private static final long NEVER = Long.MAX_VALUE / 4;

  private final PriorityQueue<Moment> moments = new PriorityQueue<>();

  // Written under this.
  private volatile long now = TimeUnit.HOURS.toNanos(1);
  private long asked;
  private int cancelled;

  @Override
  public long nanos() {
    return now;
  }

  /** As long after the epoch as the clock has run. */
  @Override
  public Instant instant() {
    return Instant.EPOCH.plusNanos(now);
  }

  /** Rings when the clock is moved that far, and never before it is moved. */
  @Override
  public synchronized Pending after(long nanos, Runnable action) {
    var moment = new Moment(now + Math.clamp(nanos, 0, NEVER), asked++, action);
    moments.add(moment);
    return moment;
  }

  /** Alarms that have not rung. */
  public synchronized int pending() {
    return moments.size() - cancelled;
  }

  /** Moves on by so much; what is due happens at its moment. */
  public void advance(Duration by) {
    long end = now + by.toNanos();
    for (Moment next = due(end); next != null; next = due(end)) {
      next.action.run();
    }
    synchronized (this) {
      now = end;
    }
  }

  /** Moves on to the next alarm and lets it ring; false if there is none. */
  public boolean step() {
    Moment next = due(Long.MAX_VALUE);
    if (next != null) {
      next.action.run();
    }
    return next != null;
  }

  private synchronized @Nullable Moment due(long end) {
    while (!moments.isEmpty() && moments.peek().at <= end) {
      Moment next = moments.remove();
      if (next.over) {
        cancelled--;
      } else {
        next.over = true;
        now = next.at;
        return next;
      }
    }
    return null;
  }

  private synchronized void cancel(Moment moment) {
    if (!moment.over) {
      moment.over = true;
      cancelled++;
      if (cancelled > FEW && cancelled > moments.size() / 2) {
        moments.removeIf(each -> each.over);
        cancelled = 0;
      }
    }
  }

  private final class Moment implements Pending, Comparable<Moment> {

    private final long at;
    private final long order;
    private final Runnable action;

    /** Rung or cancelled. */
    private boolean over;

    Moment(long at, long order, Runnable action) {
      this.at = at;
      this.order = order;
      this.action = action;
    }

    @Override
    public void cancel() {
      HandClock.this.cancel(this);
    }

    @Override
    public int compareTo(Moment other) {
      return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
    }
  }
}
