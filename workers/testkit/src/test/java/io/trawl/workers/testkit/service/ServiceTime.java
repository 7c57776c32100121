package io.trawl.workers.testkit.service;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;

/** How long a batch runs. */
@FunctionalInterface
public interface ServiceTime {

  /** Asked once for each run, when it begins. */
  long nanos(List<Work> batch);

  /** Always the same, whatever the batch. */
  static ServiceTime fixed(Duration time) {
    long nanos = time.toNanos();
    return _ -> nanos;
  }

  /** Drawn from an exponential distribution. */
  static ServiceTime exponential(Duration mean, long seed) {
    var random = new SplittableRandom(seed);
    double nanos = mean.toNanos();
    return _ -> (long) (-nanos * Math.log(1 - random.nextDouble()));
  }

  /** What the tokens cost that are not in the cache. */
  static ServiceTime ofTokens(TokenCost cost, PrefixCache cache) {
    return batch -> {
      long cold = 0;
      long rows = 0;
      for (Work work : batch) {
        rows += work.rows();
        for (long[] prompt : work.prompts().get()) {
          cold += prompt.length - cache.take(prompt);
        }
      }
      return cost.nanos(cold, rows);
    };
  }
}
