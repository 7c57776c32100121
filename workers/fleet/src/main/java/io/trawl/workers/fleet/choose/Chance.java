package io.trawl.workers.fleet.choose;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A seeded source of chance for all threads, without a lock: SplitMix64, whose state is a counter.
 * One thread that asks alone hears the same numbers for the same seed.
 */
final class Chance {

  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private final AtomicLong state;

  Chance(long seed) {
    this.state = new AtomicLong(seed);
  }

  /** From zero to less than a bound. */
  int below(int bound) {
    long drawn = Ring.mix(state.getAndAdd(GAMMA)) >>> 33;
    return (int) ((drawn * bound) >>> 31);
  }
}
