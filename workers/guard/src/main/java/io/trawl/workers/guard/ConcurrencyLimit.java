package io.trawl.workers.guard;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.AIMDLimit;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How much may be under way at once, learned from what ends: it grows by one while there is use for
 * it, and falls by a tenth with a sign of trouble, one step in a window (additive increase,
 * multiplicative decrease, by Netflix' concurrency-limits). Counts nothing itself: who uses it
 * knows what is under way, asks for the limit, and says of each what it took. Safe for all threads.
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
   * One that falls where something is said to be in trouble, whatever time things take.
   *
   * @param window in which it moves one step at most; of a window with fewer than ten ends nothing
   *     is learned
   */
  public static ConcurrencyLimit byTrouble(Bounds bounds, Duration window) {
    if (bounds.least() == bounds.most()) {
      return new ConcurrencyLimit(FixedLimit.of(bounds.most()));
    }
    return new ConcurrencyLimit(
        WindowedLimit.newBuilder()
            .minWindowTime(window.toMillis(), TimeUnit.MILLISECONDS)
            .maxWindowTime(10 * window.toMillis(), TimeUnit.MILLISECONDS)
            .windowSize(WINDOW_SAMPLES)
            .minRttThreshold(1, TimeUnit.NANOSECONDS)
            .build(steps(bounds)));
  }

  /**
   * One that falls where things take longer on average than a number of times as long as they do at
   * best, since what takes longer stands in a queue; and where something is said to be in trouble.
   *
   * @param window in which it moves one step at most, however few things end in it
   * @param tolerance how many times as long, 1 or more: a server that gathers batches takes longer
   *     for more at once and does more in the same time
   */
  public static ConcurrencyLimit byDelay(Bounds bounds, Duration window, double tolerance) {
    return new ConcurrencyLimit(
        bounds.least() == bounds.most()
            ? FixedLimit.of(bounds.most())
            : new DelayLimit(steps(bounds), window.toNanos(), tolerance));
  }

  private static Limit steps(Bounds bounds) {
    return AIMDLimit.newBuilder()
        .initialLimit(bounds.start())
        .minLimit(bounds.least())
        .maxLimit(bounds.most())
        .backoffRatio(BACKOFF)
        // What takes long is no sign by itself.
        .timeout(1, TimeUnit.DAYS)
        .build();
  }

  /** How much may be under way now, at least one. */
  public int most() {
    return limit.getLimit();
  }

  /**
   * Something ended.
   *
   * @param startNanos when it began, by a clock whose differences alone count
   * @param nanos how long it took, more than 0
   * @param underWay how much was under way beside it, itself included
   * @param trouble whether it met a sign of too much
   */
  public void ended(long startNanos, long nanos, int underWay, boolean trouble) {
    limit.onSample(startNanos, nanos, underWay, trouble);
  }
}
