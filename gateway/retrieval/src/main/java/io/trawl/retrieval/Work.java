package io.trawl.retrieval;

import java.util.Objects;

/** How much a search does between two looks at the clock, and what it found so far. */
final class Work {

  /** About a millisecond of the vector kernel, some ten of the plain one. */
  private static final long MULTIPLY_ADDS_PER_STEP = 1L << 25;

  private static final long FEWEST = 64;
  private static final long MOST = 8192;

  private Work() {}

  static int itemsPerStep(QueryVectors queries) {
    var multiplyAddsPerItem = Math.max(1L, (long) queries.count() * queries.width());
    return Math.clamp(MULTIPLY_ADDS_PER_STEP / multiplyAddsPerItem, (int) FEWEST, (int) MOST);
  }

  static void check(int count, int width, SearchRequest request) {
    if (request.eligible().count() != count) {
      throw new IllegalArgumentException(
          "the eligible items are of a catalogue of %d; expected %d"
              .formatted(request.eligible().count(), count));
    }
    for (var entry : request.entries()) {
      Objects.checkIndex(entry, count);
    }
    if (request.queries().count() > 0) {
      Kernels.check(width, request.queries());
    }
  }

  static void checkExplained(SearchRequest request) {
    if (!request.explain()) {
      throw new IllegalStateException("the search was not started to be explained");
    }
  }

  static SearchResult result(
      int width, long[] bestFirst, int rounds, long itemsScored, boolean finished) {
    var ordinals = new int[bestFirst.length];
    var scores = new float[bestFirst.length];
    for (var i = 0; i < bestFirst.length; i++) {
      ordinals[i] = RankKey.ordinal(bestFirst[i]);
      scores[i] = RankKey.score(bestFirst[i]);
    }
    var bytesRead = itemsScored * width * Float.BYTES;
    return new SearchResult(ordinals, scores, rounds, itemsScored, bytesRead, finished);
  }
}
