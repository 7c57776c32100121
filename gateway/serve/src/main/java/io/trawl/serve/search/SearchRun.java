package io.trawl.serve.search;

import io.trawl.retrieval.SearchExplanation;
import io.trawl.retrieval.SearchResult;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a search went.
 *
 * @param explanation why it found what it did, null where nobody asked
 * @param startNanos when a thread had it first
 * @param roundEndNanos when each round ended
 * @param endNanos when it ended
 * @param starvedBy why what it needed did not come, where that ended it
 */
public record SearchRun(
    SearchResult result,
    @Nullable SearchExplanation explanation,
    long startNanos,
    List<Long> roundEndNanos,
    long endNanos,
    @Nullable Throwable starvedBy) {

  public SearchRun {
    Objects.requireNonNull(result, "result");
    roundEndNanos = List.copyOf(roundEndNanos);
  }
}
