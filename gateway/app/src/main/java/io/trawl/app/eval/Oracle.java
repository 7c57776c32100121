package io.trawl.app.eval;

import java.util.List;
import java.util.Optional;

/**
 * What the rankings reach that the makers of generated data wrote down: by who knows how it was
 * generated and sees the same histories. No floor, but a ceiling.
 */
final class Oracle {

  private Oracle() {}

  /** Empty where no case has such a ranking. */
  static Optional<FloorQuality> of(List<EvalCase> cases) {
    var sum = new Quality.Sum();
    for (var aCase : cases) {
      var ranks = aCase.oracleRanks();
      if (ranks.length > 0) {
        sum.add(ranks);
      }
    }
    var mean = sum.mean();
    return mean.users() == 0 ? Optional.empty() : Optional.of(new FloorQuality("oracle", mean));
  }
}
