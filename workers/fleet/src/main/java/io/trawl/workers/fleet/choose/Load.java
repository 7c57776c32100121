package io.trawl.workers.fleet.choose;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.trawl.workers.wire.NanoClock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How busy one candidate is: calls under way times the peak EWMA of how long they take (Finagle's
 * balancer). The average takes a longer time at once and forgets it slowly, so that one slow answer
 * is enough to turn traffic away, and none at all lets a little of it try again later.
 *
 * <p>Who says nothing cannot look quick: while calls are under way the estimate is at least the
 * time since the last of them ended. A stopped process thus grows dearer with every moment, though
 * no answer tells.
 *
 * <p>Safe for all threads. Reading takes no lock: an estimate that another thread is changing may
 * mix the older and the newer number, and is off by one observation.
 */
public final class Load {

  private final NanoClock clock;
  private final double decayNanos;
  private final AtomicInteger underWay = new AtomicInteger();
  private final Object lock = new Object();

  // Written under the lock, read without.
  private volatile double peakNanos;
  private volatile long peakAt;
  private volatile long quietSince;

  /**
   * Of a candidate that has answered nothing yet.
   *
   * @param decay after which an old observation counts a third
   * @param guessNanos how long its calls are taken to last until one has ended, as those of its
   *     like do
   */
  public Load(NanoClock clock, long decay, TimeUnit unit, double guessNanos) {
    if (decay <= 0) {
      throw new IllegalArgumentException("decay: " + decay + " (expected more than 0)");
    }
    this.clock = clock;
    this.decayNanos = unit.toNanos(decay);
    this.peakNanos = guessNanos;
    this.peakAt = clock.nanos();
    this.quietSince = peakAt;
  }

  /** A call begins. Whoever says so says later that it ended, once. */
  public void began() {
    long now = clock.nanos();
    synchronized (lock) {
      if (underWay.getAndIncrement() == 0) {
        quietSince = now;
      }
    }
  }

  /** A call ended that took so long, or that counts as if it had. */
  public void ended(long nanos) {
    long now = clock.nanos();
    synchronized (lock) {
      left(now);
      observe(now, nanos);
    }
  }

  /**
   * A call ended that says nothing of how long calls take: its caller left, or it asked wrongly.
   */
  public void dropped() {
    long now = clock.nanos();
    synchronized (lock) {
      left(now);
    }
  }

  /**
   * Forgets how long calls took: it is another one now, or has proven itself anew.
   *
   * @param guessNanos how long its calls are taken to last until one has ended
   */
  public void forget(double guessNanos) {
    synchronized (lock) {
      peakNanos = guessNanos;
      peakAt = clock.nanos();
    }
  }

  @GuardedBy("lock")
  private void left(long now) {
    if (underWay.decrementAndGet() < 0) {
      underWay.incrementAndGet();
      throw new IllegalStateException("more calls ended than began");
    }
    quietSince = now;
  }

  @GuardedBy("lock")
  private void observe(long now, long nanos) {
    double kept = faded(now);
    peakNanos = nanos > peakNanos ? nanos : nanos + (peakNanos - nanos) * kept;
    peakAt = now;
  }

  /** What the time without news leaves of the last that was heard, above 0 to 1. */
  private double faded(long now) {
    long since = now - peakAt;
    return since <= 0 ? 1 : Math.exp(-since / decayNanos);
  }

  /** Calls under way. */
  public int underWay() {
    return underWay.get();
  }

  /** How long calls take of late, in nanoseconds; at least as long as nothing has been heard. */
  public double latencyNanos() {
    long now = clock.nanos();
    return Math.max(peakNanos * faded(now), (double) silenceNanos(now));
  }

  /** For how long calls have been under way of which none ended. */
  public long silenceNanos() {
    return silenceNanos(clock.nanos());
  }

  private long silenceNanos(long now) {
    return underWay.get() == 0 ? 0 : Math.max(0, now - quietSince);
  }

  /** What one more call would cost: the less, the better a choice. Never zero or less. */
  double cost() {
    return (latencyNanos() + 1) * (underWay.get() + 1);
  }
}
