package io.trawl.app.eval;

import java.util.Arrays;
import java.util.List;

/** What rankings drawn at random are expected to reach. */
final class Chance {

  static final String NAME = "chance";

  private Chance() {}

  static Quality of(int items, List<EvalCase> cases) {
    var sum = new Quality.Sum();
    for (var aCase : cases) {
      var eligible = items - (int) Arrays.stream(aCase.history()).distinct().count();
      sum.add(metric -> metric.byChance(eligible, aCase.truth().length));
    }
    return sum.mean();
  }
}
