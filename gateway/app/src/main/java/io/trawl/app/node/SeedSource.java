package io.trawl.app.node;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbers that repeat only after 2^64 of them (SplitMix64; Steele, Lea and Flood, OOPSLA 2014), for
 * seeds and names, not for secrets. The platform's secure source reads a device when it runs dry,
 * which no event loop may wait for; so that gives the first number alone.
 */
final class SeedSource {

  private static final long STEP = 0x9e3779b97f4a7c15L;

  private final AtomicLong state;

  SeedSource(long first) {
    this.state = new AtomicLong(first);
  }

  /** The next number; safe for use by several threads. */
  long next() {
    var z = state.addAndGet(STEP);
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
