package io.trawl.domain;

import org.jspecify.annotations.Nullable;

/**
 * Why an item is in a list.
 *
 * @param found how query vectors found it; null where words alone did
 * @param legs where it stood in each leg; null for a list that is of query vectors alone
 */
public record Why(@Nullable Found found, @Nullable Legs legs) {

  /** Of a list that is of query vectors alone. */
  public Why(int queryVector, int round, @Nullable String neighbourOf) {
    this(new Found(queryVector, round, neighbourOf), null);
  }

  /**
   * @param queryVector the query vector that made its score, from 0
   * @param round the round that found it, from 1
   * @param neighbourOf outside id of the item whose neighbour it is; null for one of the sample or
   *     of a scan
   */
  public record Found(int queryVector, int round, @Nullable String neighbourOf) {}

  /** Null where a leg did not find it. */
  public record Legs(@Nullable At dense, @Nullable At lexical) {}

  /**
   * @param place in the leg's own list, from 1
   * @param score the leg's own
   */
  public record At(int place, float score) {}
}
