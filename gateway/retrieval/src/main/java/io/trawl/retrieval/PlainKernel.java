package io.trawl.retrieval;

import java.util.Arrays;

/**
 * The reference kernel in plain Java. Query vectors lie dimension-major, so that the inner loop
 * runs over independent chains.
 */
final class PlainKernel implements ScoreKernel {

  @Override
  public String name() {
    return "plain";
  }

  @Override
  public Scorer scorer(ItemVectors items, QueryVectors queries) {
    Kernels.check(items, queries);
    return new PlainScorer(items, queries);
  }

  private static final class PlainScorer implements Scorer {

    private final ItemVectors items;
    private final float[] queriesByDimension;
    private final float[] sums;

    PlainScorer(ItemVectors items, QueryVectors queries) {
      this.items = items;
      this.sums = new float[queries.count()];
      this.queriesByDimension = new float[queries.values().length];
      for (var q = 0; q < queries.count(); q++) {
        for (var d = 0; d < queries.width(); d++) {
          queriesByDimension[d * queries.count() + q] = queries.values()[q * queries.width() + d];
        }
      }
    }

    @Override
    public void range(int first, int count, float[] scores) {
      for (var i = 0; i < count; i++) {
        scores[i] = score(first + i);
      }
    }

    @Override
    public void gather(int[] ordinals, int from, int count, float[] scores) {
      for (var i = 0; i < count; i++) {
        scores[i] = score(ordinals[from + i]);
      }
    }

    private float score(int ordinal) {
      Arrays.fill(sums, 0f);
      for (var d = 0; d < items.width(); d++) {
        var value = items.at(ordinal, d);
        var row = d * sums.length;
        for (var q = 0; q < sums.length; q++) {
          sums[q] = Math.fma(queriesByDimension[row + q], value, sums[q]);
        }
      }
      var best = Float.NEGATIVE_INFINITY;
      for (var sum : sums) {
        if (sum > best) {
          best = sum;
        }
      }
      return best + 0f;
    }
  }
}
