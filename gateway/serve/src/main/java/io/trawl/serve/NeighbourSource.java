package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.retrieval.NeighbourTable;
import io.vertx.core.Future;

/** Where an exploring engine's neighbours come from. */
public interface NeighbourSource {

  /**
   * The nearest neighbours of items.
   *
   * @param ordinals the items
   * @param count how many of each
   * @return one row per asked item in the order asked, nearest first, at most {@code count} long
   */
  Future<int[][]> neighbours(int[] ordinals, int count, Deadline deadline);

  /** The space's own graph, read from memory at once. */
  static NeighbourSource local(NeighbourTable table) {
    return (ordinals, count, deadline) -> Future.succeededFuture(table.lists(ordinals, count));
  }
}
