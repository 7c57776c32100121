package io.trawl.app.eval;

import java.util.Arrays;
import java.util.List;

/** What rankings drawn at random are expected to reach. */
final class Chance {

  static final String NAME = "chance";

  private Chance() {}

  static Quality of(int items, List<EvalCase> cases) {
    double hr5 = 0;
    double hr10 = 0;
    double ndcg5 = 0;
    double ndcg10 = 0;
    double recall = 0;
    for (var aCase : cases) {
      var eligible = items - (int) Arrays.stream(aCase.history()).distinct().count();
      var right = aCase.truth().length;
      hr5 += hit(eligible, right, 5);
      hr10 += hit(eligible, right, 10);
      ndcg5 += ndcg(eligible, right, 5);
      ndcg10 += ndcg(eligible, right, 10);
      recall += Math.min(1, (double) Quality.DEPTH / eligible);
    }
    var n = Math.max(1, cases.size());
    return new Quality(cases.size(), hr5 / n, hr10 / n, ndcg5 / n, ndcg10 / n, recall / n);
  }

  /** The probability that at least one of the right items is among the first {@code depth}. */
  private static double hit(int eligible, int right, int depth) {
    var miss = 1.0;
    for (var i = 0; i < depth; i++) {
      miss *= Math.max(0, (double) (eligible - right - i) / Math.max(1, eligible - i));
    }
    return 1 - miss;
  }

  private static double ndcg(int eligible, int right, int depth) {
    var gain = 0.0;
    var best = 0.0;
    for (var rank = 0; rank < depth; rank++) {
      var discount = Math.log(2) / Math.log(rank + 2.0);
      gain += rank < eligible ? discount * right / eligible : 0;
      best += rank < right ? discount : 0;
    }
    return gain / best;
  }
}
