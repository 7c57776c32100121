package io.trawl.retrieval;

import io.trawl.retrieval.SearchExplanation.RoundCounts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers of an exploration which round found each item of the best k, and by whose neighbours.
 * Kept for explained searches only: it costs a map entry for each item that ever was among the
 * best.
 */
final class Provenance {

  private record Origin(int round, int neighbourOf) {}

  private final Map<Integer, Origin> origins = new HashMap<>();
  private final List<RoundCounts> rounds = new ArrayList<>();
  private int[] parents = new int[0];
  private int expanded;
  private int listed;

  /** A round begins that scores these items' neighbours; {@code candidates} of them at most. */
  void expands(int items, int neighboursListed, int candidates) {
    expanded = items;
    listed = neighboursListed;
    parents = new int[candidates];
  }

  /** The running round's candidate at {@code index} is a neighbour of {@code parent}. */
  void candidate(int index, int parent) {
    parents[index] = parent;
  }

  /**
   * The running round ends.
   *
   * @param candidates what it scored, its first {@code count} entries
   * @param best keys of the best k after it
   */
  void roundEnded(int[] candidates, int count, long[] best) {
    var round = rounds.size() + 1;
    var scored = new HashMap<Integer, Integer>();
    for (var i = 0; i < count; i++) {
      scored.put(candidates[i], i);
    }
    var found = 0;
    for (var key : best) {
      var index = scored.get(RankKey.ordinal(key));
      if (index != null) {
        found++;
        origins.put(RankKey.ordinal(key), new Origin(round, expanded == 0 ? -1 : parents[index]));
      }
    }
    rounds.add(new RoundCounts(expanded, listed, count, found));
  }

  /**
   * Items found by a round that did not end stand as found by it.
   *
   * @param winners for each ordinal the query vector that made its score
   */
  SearchExplanation explain(int[] winners, int[] ordinals) {
    var foundIn = new int[ordinals.length];
    var neighbourOf = new int[ordinals.length];
    Arrays.fill(neighbourOf, -1);
    for (var i = 0; i < ordinals.length; i++) {
      var origin = origins.get(ordinals[i]);
      foundIn[i] = origin == null ? rounds.size() + 1 : origin.round();
      neighbourOf[i] = origin == null ? -1 : origin.neighbourOf();
    }
    return new SearchExplanation(rounds, winners, foundIn, neighbourOf);
  }
}
