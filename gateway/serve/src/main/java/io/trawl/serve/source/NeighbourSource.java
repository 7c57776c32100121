package io.trawl.serve.source;

import io.trawl.domain.Deadline;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.space.MemoryFault;
import io.vertx.core.Future;

/** Where an exploring engine's neighbours come from. */
@FunctionalInterface
public interface NeighbourSource {

  /**
   * The nearest neighbours of items.
   *
   * @param ordinals the items
   * @param count how many of each
   * @return one row per asked item in the order asked, nearest first, at most {@code count} long;
   *     fails with {@link SourceFailed} where they are not to be had
   */
  Future<int[][]> neighbours(
      int[] ordinals, int count, Deadline deadline, Cancellation cancellation);

  /** The space's own graph, read from memory at once. */
  static NeighbourSource local(NeighbourTable table) {
    return (ordinals, count, _, _) -> {
      var lists = table.lists(ordinals, count);
      MemoryFault.throwPending();
      return Future.succeededFuture(lists);
    };
  }
}
