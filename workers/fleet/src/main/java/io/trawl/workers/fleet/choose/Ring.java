package io.trawl.workers.fleet.choose;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A consistent hash ring: every candidate owns the arcs that end at its points, so that one who
 * comes or goes moves only the keys it gets or had.
 *
 * <p>A point is one long: the upper 48 bits of its hash, and below them the candidate's index.
 */
final class Ring {

  /** Of each candidate: arcs then differ by about a twentieth. */
  private static final int POINTS = 512;

  private static final int INDEX_BITS = 16;

  /** Most candidates that a ring holds. */
  static final int MOST = 1 << INDEX_BITS;

  private final long[] points;

  Ring(List<? extends Candidate> candidates) {
    if (candidates.size() > MOST) {
      throw new IllegalArgumentException(
          "candidates: %d (expected at most %d)".formatted(candidates.size(), MOST));
    }
    this.points = new long[candidates.size() * POINTS];
    for (int index = 0; index < candidates.size(); index++) {
      long name = hash(candidates.get(index).name());
      for (int point = 0; point < POINTS; point++) {
        points[index * POINTS + point] = mix(name + point) >>> INDEX_BITS << INDEX_BITS | index;
      }
    }
    // Half of them are negative: that is only where the ring begins.
    Arrays.sort(points);
  }

  /** Where on the ring a key is: the place of its owner's point. The ring must not be empty. */
  int place(long key) {
    int found = Arrays.binarySearch(points, mix(key));
    int place = found >= 0 ? found : -1 - found;
    return place == points.length ? 0 : place;
  }

  /** The place after this one. */
  int next(int place) {
    return place + 1 == points.length ? 0 : place + 1;
  }

  /** Whose point is at a place. */
  int owner(int place) {
    return (int) points[place] & (MOST - 1);
  }

  private static long hash(String name) {
    long found = 0;
    for (byte one : name.getBytes(StandardCharsets.UTF_8)) {
      found = mix(found ^ one);
    }
    return found;
  }

  /** SplitMix64's finaliser (Steele, Lea, Flood 2014): every bit depends on all. */
  static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
