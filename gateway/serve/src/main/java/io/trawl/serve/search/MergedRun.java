package io.trawl.serve.search;

import io.trawl.domain.Round;
import io.trawl.retrieval.SearchExplanation;
import io.trawl.retrieval.SearchResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What one search found, or what several over disjoint items found together.
 *
 * @param explanation null where nobody asked
 * @param rounds with their times, empty where nobody asked
 */
public record MergedRun(
    SearchResult result, @Nullable SearchExplanation explanation, List<Round> rounds) {

  /** The runs one after the other; rounds are counted on. */
  public static MergedRun of(List<SearchRun> runs, int k) {
    var union = of(runs.getFirst());
    for (var run : runs.subList(1, runs.size())) {
      union = union.with(of(run), k);
    }
    return union;
  }

  private static MergedRun of(SearchRun run) {
    var explanation = run.explanation();
    var rounds = new ArrayList<Round>();
    if (explanation != null) {
      var start = run.startNanos();
      for (var i = 0; i < explanation.rounds().size(); i++) {
        var counts = explanation.rounds().get(i);
        var end = i < run.roundEndNanos().size() ? run.roundEndNanos().get(i) : run.endNanos();
        rounds.add(
            new Round(
                i + 1,
                counts.expanded(),
                counts.listed(),
                counts.itemsScored(),
                counts.found(),
                end - start));
        start = end;
      }
    }
    return new MergedRun(run.result(), explanation, rounds);
  }

  /** Equal scores go by ordinal, as in every engine. */
  private MergedRun with(MergedRun later, int k) {
    var mine = result.ordinals().length;
    var all =
        IntStream.concat(IntStream.of(result.ordinals()), IntStream.of(later.result.ordinals()));
    var ordinals = all.toArray();
    var best =
        IntStream.range(0, ordinals.length)
            .boxed()
            .sorted(
                Comparator.comparing((Integer i) -> -score(later, mine, i))
                    .thenComparing(i -> ordinals[i]))
            .limit(k)
            .mapToInt(Integer::intValue)
            .toArray();
    var scores = new float[best.length];
    for (var i = 0; i < best.length; i++) {
      scores[i] = score(later, mine, best[i]);
    }
    var together =
        new SearchResult(
            IntStream.of(best).map(i -> ordinals[i]).toArray(),
            scores,
            result.rounds() + later.result.rounds(),
            result.itemsScored() + later.result.itemsScored(),
            result.bytesRead() + later.result.bytesRead(),
            result.finished() && later.result.finished(),
            result.itemsDropped() + later.result.itemsDropped(),
            result.certificate());
    return new MergedRun(together, explained(later, best), roundsWith(later));
  }

  private float score(MergedRun later, int mine, int i) {
    return i < mine ? result.scores()[i] : later.result.scores()[i - mine];
  }

  private @Nullable SearchExplanation explained(MergedRun later, int[] best) {
    var first = explanation;
    var second = later.explanation;
    if (first == null || second == null) {
      return null;
    }
    var mine = result.ordinals().length;
    return new SearchExplanation(
        List.of(),
        pick(best, mine, first.queryVectors(), second.queryVectors(), 0),
        pick(best, mine, first.foundIn(), second.foundIn(), result.rounds()),
        pick(best, mine, first.neighbourOf(), second.neighbourOf(), 0));
  }

  private static int[] pick(int[] best, int mine, int[] first, int[] second, int added) {
    return IntStream.of(best).map(i -> i < mine ? first[i] : second[i - mine] + added).toArray();
  }

  private List<Round> roundsWith(MergedRun later) {
    var both = new ArrayList<>(rounds);
    for (var round : later.rounds) {
      both.add(
          new Round(
              rounds.size() + round.round(),
              round.expanded(),
              round.listed(),
              round.itemsScored(),
              round.found(),
              round.nanos()));
    }
    return both;
  }
}
