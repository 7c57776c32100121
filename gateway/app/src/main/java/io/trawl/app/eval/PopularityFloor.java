package io.trawl.app.eval;

import java.util.List;

/** The items that stand most often in the histories, the same for everybody. */
final class PopularityFloor implements Floor {

  static final String NAME = "popularity";

  private final double[] counts;

  /**
   * @param items N
   * @param histories ordinals of every user's behaviours
   */
  PopularityFloor(int items, List<int[]> histories) {
    this.counts = counts(items, histories);
  }

  /** How often each item stands in the histories. */
  static double[] counts(int items, List<int[]> histories) {
    var counts = new double[items];
    for (var history : histories) {
      for (var ordinal : history) {
        counts[ordinal]++;
      }
    }
    return counts;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void score(EvalCase aCase, double[] scores) {
    System.arraycopy(counts, 0, scores, 0, counts.length);
  }
}
