package io.trawl.retrieval;

import java.util.Arrays;
import java.util.Objects;

/**
 * Scores by the cosine with the query vectors, which the caller has made of length one: another
 * kernel's score over the length of the item vector. An item vector of zeros scores zero.
 *
 * <p>Lengths are worked out when an item is first scored and kept, 4 bytes for each item.
 */
final class CosineKernel implements ScoreKernel {

  private final ScoreKernel products;
  private final ItemVectors items;

  /** One over each item's length, NaN where it has not been worked out. */
  private final float[] inverseLengths;

  CosineKernel(ScoreKernel products, ItemVectors items) {
    this.products = Objects.requireNonNull(products, "products");
    this.items = Objects.requireNonNull(items, "items");
    this.inverseLengths = new float[items.count()];
    Arrays.fill(inverseLengths, Float.NaN);
  }

  @Override
  public String name() {
    return products.name() + "-cosine";
  }

  @Override
  public Scorer scorer(ItemVectors scored, QueryVectors queries) {
    if (!scored.equals(items)) {
      throw new IllegalArgumentException("the lengths are of other item vectors");
    }
    return new CosineScorer(products.scorer(items, queries));
  }

  /**
   * Threads that meet an item at the same moment work the same number out; writes of floats are
   * whole.
   */
  private float inverseLength(int ordinal) {
    var known = inverseLengths[ordinal];
    if (!Float.isNaN(known)) {
      return known;
    }
    var sum = 0.0;
    for (var d = 0; d < items.width(); d++) {
      var value = (double) items.at(ordinal, d);
      sum += value * value;
    }
    var inverse = sum > 0 ? (float) (1 / Math.sqrt(sum)) : 0f;
    inverseLengths[ordinal] = inverse;
    return inverse;
  }

  private final class CosineScorer implements Scorer {

    private final Scorer scorer;

    CosineScorer(Scorer scorer) {
      this.scorer = scorer;
    }

    @Override
    public void range(int first, int count, float[] scores) {
      scorer.range(first, count, scores);
      for (var i = 0; i < count; i++) {
        scores[i] = scores[i] * inverseLength(first + i) + 0f;
      }
    }

    @Override
    public void gather(int[] ordinals, int from, int count, float[] scores) {
      scorer.gather(ordinals, from, count, scores);
      for (var i = 0; i < count; i++) {
        scores[i] = scores[i] * inverseLength(ordinals[from + i]) + 0f;
      }
    }
  }
}
