package io.trawl.space;

import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.SearchResult;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;

/** Holds what a backbone and an engine give for a golden request against what they must give. */
public final class Golden {

  /** How far a number of a query vector may be off. */
  public static final float QUERY_VECTOR_TOLERANCE = 1e-4f;

  /** How far a score may be off. */
  public static final float SCORE_TOLERANCE = 1e-3f;

  private Golden() {}

  /**
   * The first number that is further off than the tolerance, or than that share of it where it is
   * above 1; empty when none is.
   */
  public static Optional<String> compareQueryVectors(
      QueryVectors expected, QueryVectors actual, float tolerance) {
    if (expected.count() != actual.count() || expected.width() != actual.width()) {
      return Optional.of(
          "query vectors are %d x %d; expected %d x %d"
              .formatted(actual.count(), actual.width(), expected.count(), expected.width()));
    }
    for (var i = 0; i < expected.values().length; i++) {
      var wanted = expected.values()[i];
      var within = tolerance * Math.max(1, Math.abs(wanted));
      if (!(Math.abs(wanted - actual.values()[i]) <= within)) {
        return Optional.of(
            "query vector %d has %s at %d; expected %s within %.1e"
                .formatted(
                    i / expected.width(),
                    actual.values()[i],
                    i % expected.width(),
                    wanted,
                    within));
      }
    }
    return Optional.empty();
  }

  /**
   * The first rank at which a search differs from the golden top; empty when none does. Scores may
   * be off by the tolerance, and items may change places along a run of golden scores in which
   * neighbours differ by no more than it; a run that reaches the last rank may go on behind it.
   */
  public static Optional<String> compareTop(
      GoldenRequest golden, SearchResult found, float tolerance) {
    var expected = golden.top().ordinals();
    if (found.ordinals().length != expected.length) {
      return Optional.of(
          "the search gave %d items; expected %d"
              .formatted(found.ordinals().length, expected.length));
    }
    var runs = runs(golden.top().scores(), tolerance);
    Map<Integer, Integer> runOf = new HashMap<>();
    for (var rank = 0; rank < expected.length; rank++) {
      runOf.put(expected[rank], runs[rank]);
    }
    var openRun = expected.length == 0 ? 0 : runs[expected.length - 1];
    var seen = new HashSet<Integer>();
    for (var rank = 0; rank < expected.length; rank++) {
      var ordinal = found.ordinals()[rank];
      var near = Math.abs(found.scores()[rank] - golden.top().scores()[rank]) <= tolerance;
      if (!near || !seen.add(ordinal) || runOf.getOrDefault(ordinal, openRun) != runs[rank]) {
        return Optional.of(
            "rank %d is item %d with score %s; expected item %d with %s"
                .formatted(
                    rank + 1,
                    ordinal,
                    found.scores()[rank],
                    expected[rank],
                    golden.top().scores()[rank]));
      }
    }
    return Optional.empty();
  }

  /** The number of each rank's run: it grows where neighbouring scores differ by more. */
  private static int[] runs(float[] scores, float tolerance) {
    var runs = new int[scores.length];
    for (var rank = 1; rank < runs.length; rank++) {
      runs[rank] = runs[rank - 1] + (scores[rank - 1] - scores[rank] <= tolerance ? 0 : 1);
    }
    return runs;
  }
}
