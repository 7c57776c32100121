package io.trawl.workers.guard;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.AIMDLimit;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How much may be under way at once, learned from what ends. Counts nothing itself: who uses it
 * knows what is under way, asks for the limit, and says of each what it took. By Netflix'
 * concurrency-limits. Safe for all threads.
 */
public final class ConcurrencyLimit {

  private static final int WINDOW_SAMPLES = 10;
  private static final double BACKOFF = 0.9;

  private final Limit limit;

  private ConcurrencyLimit(Limit limit) {
    this.limit = limit;
  }

  /**
   * Where a limit begins and how far it may go.
   *
   * @param start before anything is learned
   * @param least it never falls below
   * @param most it never grows beyond; as small as {@code least}, and nothing is learned
   */
  public record Bounds(int start, int least, int most) {
    public Bounds {
      within("least", least, 1, 1_000_000);
      within("most", most, least, 1_000_000);
      within("start", start, least, most);
    }

    private static void within(String name, int value, int least, int most) {
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            "%s is %d; expected %d to %d".formatted(name, value, least, most));
      }
    }
  }

  /**
   * Grows by one while there is use for it, and falls by a tenth with the first window in which
   * something is said to be in trouble, whatever time things take (additive increase,
   * multiplicative decrease).
   *
   * @param window by which it moves one step at most
   */
  public static ConcurrencyLimit additive(Bounds bounds, Duration window) {
    return learned(
        bounds,
        window,
        AIMDLimit.newBuilder()
            .initialLimit(bounds.start())
            .minLimit(bounds.least())
            .maxLimit(bounds.most())
            .backoffRatio(BACKOFF)
            // What takes long is no sign.
            .timeout(1, TimeUnit.DAYS)
            .build());
  }

  /**
   * Falls as things take longer than they used to, and grows while they do not (a gradient of a
   * short average over a long one).
   *
   * @param window by which it moves one step at most
   * @param tolerance how many times as long as usual things may take before it falls, 1 or more: a
   *     server that gathers batches takes longer for more at once and does more in the same time
   */
  public static ConcurrencyLimit gradient(Bounds bounds, Duration window, double tolerance) {
    return learned(
        bounds,
        window,
        Gradient2Limit.newBuilder()
            .initialLimit(bounds.start())
            .minLimit(bounds.least())
            .maxConcurrency(bounds.most())
            .rttTolerance(tolerance)
            .build());
  }

  private static ConcurrencyLimit learned(Bounds bounds, Duration window, Limit by) {
    if (bounds.least() == bounds.most()) {
      return new ConcurrencyLimit(FixedLimit.of(bounds.most()));
    }
    return new ConcurrencyLimit(
        WindowedLimit.newBuilder()
            .minWindowTime(window.toMillis(), TimeUnit.MILLISECONDS)
            .maxWindowTime(10 * window.toMillis(), TimeUnit.MILLISECONDS)
            .windowSize(WINDOW_SAMPLES)
            .minRttThreshold(1, TimeUnit.NANOSECONDS)
            .build(by));
  }

  /** How much may be under way now, at least one. */
  public int most() {
    return limit.getLimit();
  }

  /**
   * Something ended.
   *
   * @param startNanos when it began, by a clock whose differences alone count
   * @param nanos how long it took
   * @param underWay how much was under way beside it, itself included
   * @param trouble whether it met a sign of too much
   */
  public void ended(long startNanos, long nanos, int underWay, boolean trouble) {
    limit.onSample(startNanos, nanos, underWay, trouble);
  }
}
