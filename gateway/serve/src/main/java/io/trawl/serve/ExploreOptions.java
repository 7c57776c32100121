package io.trawl.serve;

import io.trawl.domain.EngineRequest;
import io.trawl.retrieval.ExploreSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The constants of exploration for requests that name none. 0, the default of each number, leaves
 * the choice to the size of the catalogue. Too small shows as low recall, too large as time in the
 * search stage.
 *
 * @param rounds T, the rounds
 * @param sample items scored in the first round
 * @param keep best items whose neighbours a round adds
 * @param neighbours neighbours taken of each kept item
 * @param samplePeriod how long requests that bring no seed share one, and with it the sample;
 *     default a minute, 0 for a sample of its own for each. Short: a source of neighbours outside
 *     is asked for more; long: an item that a sample makes hard to reach stays so for as long
 */
public record ExploreOptions(
    int rounds, int sample, int keep, int neighbours, Duration samplePeriod) {

  private static final Duration LONGEST_PERIOD = Duration.ofDays(1);

  public ExploreOptions {
    zeroOrMore("rounds", rounds);
    zeroOrMore("sample", sample);
    zeroOrMore("keep", keep);
    zeroOrMore("neighbours", neighbours);
    if (samplePeriod.isNegative() || samplePeriod.compareTo(LONGEST_PERIOD) > 0) {
      throw new IllegalArgumentException(
          "samplePeriod is %s; expected 0 to %s".formatted(samplePeriod, LONGEST_PERIOD));
    }
  }

  public static ExploreOptions defaults() {
    return new ExploreOptions(0, 0, 0, 0, Duration.ofMinutes(1));
  }

  /** What the request asks for, else what is configured, else what suits that many items. */
  ExploreSettings settle(EngineRequest asked, int items) {
    var suited = ExploreSettings.forCatalogue(items);
    return new ExploreSettings(
        first(asked.rounds(), rounds, suited.rounds()),
        first(asked.sample(), sample, suited.sample()),
        first(asked.keep(), keep, suited.keep()),
        first(asked.neighbours(), neighbours, suited.neighbours()));
  }

  private static int first(@Nullable Integer asked, int configured, int suited) {
    if (asked != null) {
      return asked;
    }
    return configured > 0 ? configured : suited;
  }

  private static void zeroOrMore(String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " is " + value + "; expected 0 or more");
    }
  }
}
