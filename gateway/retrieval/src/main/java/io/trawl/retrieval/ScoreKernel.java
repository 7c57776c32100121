package io.trawl.retrieval;

/**
 * How items are scored: the maximum over the query vectors of their inner product with the item
 * vector. Stateless and shared; the implementations are {@link Kernels}'.
 *
 * <p>All kernels give the same bits. Each inner product is one chain of fused multiply-adds over
 * the dimensions in ascending order, starting at positive zero. The score is the largest of them
 * plus positive zero, so it is never -0.0 and the order of the queries cannot show. An inner
 * product that is not a number (a sum that overflowed in both directions, or a NaN in the item's
 * row) never counts; an item left with none scores negative infinity.
 */
public interface ScoreKernel {

  /** The kernel's name in logs and measurements. */
  String name();

  /**
   * Prepares to score items against the query vectors of one search.
   *
   * @throws IllegalArgumentException if there is no query vector or the widths differ
   */
  Scorer scorer(ItemVectors items, QueryVectors queries);

  /** Scores items for one search. Owns scratch memory: for one thread at a time. */
  interface Scorer {

    /**
     * Scores the items {@code first} to {@code first + count - 1} into {@code scores[0..count)}.
     */
    void range(int first, int count, float[] scores);

    /**
     * Scores the items {@code ordinals[from]} to {@code ordinals[from + count - 1]} into {@code
     * scores[0..count)}.
     */
    void gather(int[] ordinals, int from, int count, float[] scores);
  }
}
