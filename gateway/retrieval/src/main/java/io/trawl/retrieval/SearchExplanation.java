package io.trawl.retrieval;

import java.util.List;

/**
 * Why a search found what it did. The arrays are parallel to {@link SearchResult#ordinals} of the
 * result at the same moment.
 *
 * @param rounds the finished rounds, in order
 * @param queryVectors which query vector made each item's score; of equals the first
 * @param foundIn the round that found each item, from 1
 * @param neighbourOf the item whose neighbour list brought each item; -1 for one of the sample or
 *     of a scan
 */
public record SearchExplanation(
    List<RoundCounts> rounds, int[] queryVectors, int[] foundIn, int[] neighbourOf) {

  public SearchExplanation {
    rounds = List.copyOf(rounds);
  }

  /**
   * What one round did.
   *
   * @param expanded items whose neighbours it looked at, 0 in a first round
   * @param listed neighbours that these listed, those met before included
   * @param itemsScored items that it scored
   * @param found items of the best k after it that were not among them before
   */
  public record RoundCounts(int expanded, int listed, long itemsScored, int found) {}
}
