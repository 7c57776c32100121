package io.trawl.serve.source;

import io.trawl.domain.Deadline;
import io.trawl.retrieval.ItemVectors;
import io.trawl.space.MemoryFault;
import io.vertx.core.Future;

/** Where item vectors come from when they are wanted row by row. */
@FunctionalInterface
public interface VectorSource {

  /** Items whose vectors one request may fetch, those of all its lists together. */
  int MOST_FETCHED = 2_000;

  /**
   * The vectors of some items.
   *
   * @param ordinals the items, at most {@link #MOST_FETCHED}
   * @return one row per asked item, in the order asked; fails with {@link SourceFailed} where one
   *     is not to be had
   */
  Future<ItemVectors> vectors(int[] ordinals, Deadline deadline, Cancellation cancellation);

  /** The space's own, copied at once. */
  static VectorSource held(ItemVectors items) {
    return (ordinals, _, _) -> {
      var rows = items.rows(ordinals);
      MemoryFault.throwPending();
      return Future.succeededFuture(rows);
    };
  }
}
