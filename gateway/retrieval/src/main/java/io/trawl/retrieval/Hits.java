package io.trawl.retrieval;

import java.util.Objects;

/**
 * What an index found for the asked query vectors, one list for each, in the order asked.
 *
 * @param ordinals per query vector the items that the index gave it, in any order. Items that are
 *     not eligible, and items listed twice, do no harm
 * @param bounds per query vector the largest inner product with it that an item missing from its
 *     list can have, as far as the index knows: the last one listed, or negative infinity where
 *     nothing is missing
 * @param exact whether the index scans; an approximate one may have missed an item above its bound
 */
public record Hits(int[][] ordinals, float[] bounds, boolean exact) implements Search.Answer {

  public Hits {
    Objects.requireNonNull(ordinals, "ordinals");
    Objects.requireNonNull(bounds, "bounds");
    if (ordinals.length != bounds.length) {
      throw new IllegalArgumentException(
          "%d lists have %d bounds".formatted(ordinals.length, bounds.length));
    }
    for (var bound : bounds) {
      if (Float.isNaN(bound)) {
        throw new IllegalArgumentException("a bound is not a number");
      }
    }
  }
}
