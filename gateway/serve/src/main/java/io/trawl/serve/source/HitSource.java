package io.trawl.serve.source;

import io.trawl.domain.Deadline;
import io.trawl.domain.Filter;
import io.trawl.retrieval.Hits;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.vertx.core.Future;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where the engine {@code milvus} gets its lists from: an index of a space's items. */
@FunctionalInterface
public interface HitSource {

  /** Of a space without an index. */
  HitSource NONE = (_, _, _) -> Future.failedFuture(new SourceFailed("the space has no index"));

  /**
   * Finds the items with the largest inner products, for each query vector by itself.
   *
   * @return fails with {@link SourceFailed} where there are none to be had
   */
  Future<Hits> hits(Query query, Deadline deadline, Cancellation cancellation);

  /**
   * What is asked. Filter and exclusions may be passed on to the index as far as that understands
   * them; whoever asks applies {@code eligible} to what comes back, so this only saves waste.
   *
   * @param queries one list is wanted for each
   * @param limit how many eligible items for each
   * @param filter the request's filter, null without one
   * @param excluded ordinals that must not be returned, ascending
   * @param eligible what the filter leaves, less what is excluded
   */
  record Query(
      QueryVectors queries, int limit, @Nullable Filter filter, int[] excluded, ItemSet eligible) {
    public Query {
      Objects.requireNonNull(queries, "queries");
      Objects.requireNonNull(excluded, "excluded");
      Objects.requireNonNull(eligible, "eligible");
      if (limit < 1) {
        throw new IllegalArgumentException("limit is " + limit + "; expected at least 1");
      }
    }
  }
}
