package io.trawl.workers.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.netflix.concurrency.limits.Limit;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Makes delay a sign of trouble for another limit. How long things take at best is the least
 * average of a window since it was last looked for: every five minutes the limit falls to a few for
 * a moment, so that it is seen even where there is always too much (BBR's probe of the round trip).
 */
final class DelayLimit implements Limit {

  private static final long REMEMBERED = TimeUnit.MINUTES.toNanos(5);

  /** Under way at most while it is looked for how long things take at best. */
  private static final int FEW = 4;

  /** Of that, windows: what ends in the first one began before. */
  private static final int LOOK = 2;

  private final Limit steps;
  private final long windowNanos;
  private final double tolerance;

  @GuardedBy("this")
  private long begin;

  @GuardedBy("this")
  private int ends;

  @GuardedBy("this")
  private double sum;

  @GuardedBy("this")
  private int most;

  @GuardedBy("this")
  private boolean trouble;

  @GuardedBy("this")
  private long bestSince = Long.MIN_VALUE / 2;

  @GuardedBy("this")
  private double best = Double.POSITIVE_INFINITY;

  /** Windows left in which it is looked. */
  private volatile int looks;

  DelayLimit(Limit steps, long windowNanos, double tolerance) {
    this.steps = steps;
    this.windowNanos = windowNanos;
    this.tolerance = tolerance;
  }

  @Override
  public int getLimit() {
    int limit = steps.getLimit();
    return looks > 0 ? Math.min(FEW, limit) : limit;
  }

  @Override
  public void notifyOnChange(Consumer<Integer> consumer) {
    steps.notifyOnChange(consumer);
  }

  @Override
  public synchronized void onSample(long startTime, long rtt, int inflight, boolean didDrop) {
    long now = startTime + rtt;
    if (ends == 0) {
      begin = now;
    }
    ends++;
    most = Math.max(most, inflight);
    trouble |= didDrop;
    if (!didDrop) {
      sum += rtt;
    }
    if (now - begin >= windowNanos || (didDrop && ends == 1)) {
      step(now, startTime);
    }
  }

  @GuardedBy("this")
  private void step(long now, long startTime) {
    double average = sum / ends;
    if (looks > 0) {
      look(average);
    } else {
      if (now - bestSince > REMEMBERED) {
        bestSince = now;
        looks = LOOK;
      }
      best = average > 0 ? Math.min(best, average) : best;
      // Of a place that is half empty no queue is to blame for what takes long.
      boolean queued = most * 2 >= steps.getLimit() && average > tolerance * best;
      steps.onSample(startTime, (long) Math.max(1, average), most, trouble || queued);
    }
    begin = now;
    ends = 0;
    sum = 0;
    most = 0;
    trouble = false;
  }

  @GuardedBy("this")
  private void look(double average) {
    looks = looks - 1;
    if (looks == 0 && average > 0) {
      best = average;
    }
  }
}
