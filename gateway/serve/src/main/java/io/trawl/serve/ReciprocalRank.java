package io.trawl.serve;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes one list of several by the places of their items, so that their scores need no common
 * scale: an item is worth the sum of weight / (60 + place) over the lists that have it. Items that
 * a list cannot tell apart share a place in it, so that the other decides: a few words often fit
 * dozens of items equally well.
 *
 * <p>Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
 * Rank Learning Methods", SIGIR 2009.
 */
final class ReciprocalRank {

  /** What keeps the first places of one list from deciding everything, as the method's authors. */
  static final double K = 60;

  private ReciprocalRank() {}

  /**
   * One of the lists.
   *
   * @param ordinals best first, each once
   * @param scores parallel to them, descending
   * @param weight what its places count
   */
  record Ranking(int[] ordinals, float[] scores, double weight) {

    /** One that counts like any other. */
    Ranking(int[] ordinals, float[] scores) {
      this(ordinals, scores, 1);
    }

    /** From 1. Items of one score share the middle of their places: their order is chance. */
    private double[] places() {
      var places = new double[ordinals.length];
      for (var from = 0; from < places.length; ) {
        var to = from + 1;
        while (to < places.length && scores[to] == scores[from]) {
          to++;
        }
        Arrays.fill(places, from, to, (from + 1 + to) / 2.0);
        from = to;
      }
      return places;
    }
  }

  /**
   * An item of the one list.
   *
   * @param dense where it stands in the dense leg's, null where that lacks it
   * @param lexical the same of the lexical leg's
   */
  record Fused(int ordinal, @Nullable Standing dense, @Nullable Standing lexical) {

    double worth() {
      return worth(dense) + worth(lexical);
    }

    private static double worth(@Nullable Standing standing) {
      return standing == null ? 0 : standing.worth;
    }
  }

  /**
   * @param index in the list, from 0
   * @param worth what that place is worth
   */
  record Standing(int index, double worth, float score) {}

  /** The best k of both, best first, ties by ordinal. */
  static List<Fused> fuse(Ranking dense, Ranking lexical, int k) {
    var items = new LinkedHashMap<Integer, Fused>();
    standings(dense).forEach((ordinal, at) -> items.put(ordinal, new Fused(ordinal, at, null)));
    standings(lexical)
        .forEach(
            (ordinal, at) ->
                items.merge(
                    ordinal,
                    new Fused(ordinal, null, at),
                    (found, _) -> new Fused(ordinal, found.dense, at)));
    return items.values().stream()
        .sorted(
            Comparator.comparingDouble((Fused one) -> one.worth())
                .reversed()
                .thenComparingInt(Fused::ordinal))
        .limit(k)
        .toList();
  }

  private static Map<Integer, Standing> standings(Ranking ranking) {
    var standings = new LinkedHashMap<Integer, Standing>();
    var places = ranking.places();
    for (var i = 0; i < places.length; i++) {
      standings.put(
          ranking.ordinals[i],
          new Standing(i, ranking.weight / (K + places[i]), ranking.scores[i]));
    }
    return standings;
  }
}
