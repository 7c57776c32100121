package io.trawl.bench.load;

import java.util.random.RandomGenerator;

/** The time from one request of an open loop to the next. */
interface Gaps {

  /** Nanoseconds until the next one is due; at least 0. */
  long nextNanos();

  /** As many as the rate says, one like the other. */
  static Gaps fixed(double perSecond) {
    double gap = 1e9 / perSecond;
    return new Gaps() {
      private double due;
      private long told;

      @Override
      public long nextNanos() {
        // The sum is what must be right: 3 a second are three in each second.
        due += gap;
        long next = Math.round(due) - told;
        told += next;
        return next;
      }
    };
  }

  /** As of a great many callers that know nothing of each other: exponential gaps. */
  static Gaps poisson(double perSecond, RandomGenerator chance) {
    return () -> Math.round(-Math.log(1 - chance.nextDouble()) * 1e9 / perSecond);
  }

  static Gaps of(Scenario.Pacing pacing, RandomGenerator chance) {
    return switch (pacing.arrivals()) {
      case FIXED -> fixed(pacing.rate());
      case POISSON -> poisson(pacing.rate(), chance);
    };
  }
}
