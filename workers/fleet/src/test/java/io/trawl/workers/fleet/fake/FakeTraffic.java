package io.trawl.workers.fleet.fake;

import io.trawl.workers.testkit.service.HandClock;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * Callers who come by themselves, whether earlier ones have been served or not: a Poisson process,
 * of users some of whom come often (Zipf).
 */
public final class FakeTraffic {

  private static final double NANOS = 1e9;

  private final HandClock clock;
  private final double perSecond;
  private final SplittableRandom random;

  /** By rank, how much of the traffic comes from users of this rank and those before. */
  private final double[] shares;

  /**
   * Traffic that has not begun.
   *
   * @param exponent of Zipf's law; 0 for users who all come as often
   */
  public FakeTraffic(HandClock clock, double perSecond, int users, double exponent, long seed) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.random = new SplittableRandom(seed);
    this.shares = new double[users];
    double sum = 0;
    for (int rank = 0; rank < users; rank++) {
      sum += Math.pow(rank + 1, -exponent);
      shares[rank] = sum;
    }
  }

  /** Lets so many callers come, from now on; each is told by the number of its user. */
  public void begin(long calls, LongConsumer each) {
    if (calls > 0) {
      long gap = (long) (-Math.log(1 - random.nextDouble()) / perSecond * NANOS);
      clock.after(
          gap,
          () -> {
            each.accept(user());
            begin(calls - 1, each);
          });
    }
  }

  private long user() {
    int found = Arrays.binarySearch(shares, random.nextDouble(shares[shares.length - 1]));
    return Math.min(shares.length - 1, found >= 0 ? found + 1 : -1 - found);
  }
}
