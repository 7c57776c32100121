package io.trawl.retrieval;

/**
 * Draws whole numbers by a seed: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
 * Number Generators, 2014), reduced to a range without bias as in Lemire, Fast Random Integer
 * Generation in an Interval, 2019. Written out here because the answer carries its seed: the same
 * seed must give the same sample on every JDK, and the library does not fix how it reduces to a
 * range.
 */
final class Draws {

  private long state;

  Draws(long seed) {
    this.state = seed;
  }

  long next() {
    state += 0x9e3779b97f4a7c15L;
    var z = state;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Uniform from 0 to {@code bound - 1}. */
  int below(int bound) {
    var product = (next() >>> 32) * bound;
    if ((product & 0xffff_ffffL) < bound) {
      var smallest = Integer.remainderUnsigned(-bound, bound);
      while ((product & 0xffff_ffffL) < smallest) {
        product = (next() >>> 32) * bound;
      }
    }
    return (int) (product >>> 32);
  }
}
