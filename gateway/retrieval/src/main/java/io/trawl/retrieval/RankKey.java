package io.trawl.retrieval;

/**
 * A score and an ordinal in one long, such that a larger key is a better item: a higher score, and
 * among equal scores the smaller ordinal.
 *
 * <p>Bits 63 to 32 hold the score. Read as signed integers, the bits of floats ascend with the
 * value for positive ones and descend for negative ones; flipping the 31 bits below the sign of a
 * negative one makes the whole line ascend, with -0.0 just below +0.0. Bits 31 to 0 hold the
 * complement of the ordinal, which as an unsigned number descends with the ordinal.
 */
final class RankKey {

  /** Below every key: its upper half is the order of a NaN with the sign set, which no score is. */
  static final long NONE = Long.MIN_VALUE;

  private RankKey() {}

  static long of(float score, int ordinal) {
    return ((long) ordered(Float.floatToRawIntBits(score)) << 32) | (~ordinal & 0xffff_ffffL);
  }

  static float score(long key) {
    return Float.intBitsToFloat(ordered((int) (key >> 32)));
  }

  static int ordinal(long key) {
    return ~(int) key;
  }

  /** Its own inverse. */
  private static int ordered(int bits) {
    return bits ^ ((bits >> 31) & 0x7fff_ffff);
  }
}
