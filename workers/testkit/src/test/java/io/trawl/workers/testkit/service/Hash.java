package io.trawl.workers.testkit.service;

/** A chained hash of 64 bits, by SplitMix64's finaliser (Steele, Lea, Flood 2014). */
final class Hash {

  private Hash() {}

  /** Of what comes behind what was hashed before. */
  static long of(long before, long value) {
    long z = (before ^ value) + 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
