package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * Neighbours for one search from a source outside, and from the space's own graph once that fails.
 * The source gets half of the time that is left, so that the graph's neighbours can still be
 * scored; it is not asked again by the same search, which could not afford to wait twice.
 */
final class BackedNeighbours implements NeighbourSource {

  private final NeighbourSource source;
  private final @Nullable NeighbourSource local;
  private final Ticker ticker;

  /** Written by the thread that has the search, or before it gets the search back. */
  private volatile @Nullable Throwable failure;

  /**
   * @param local null where there is no graph: then a failure is one
   */
  BackedNeighbours(NeighbourSource source, @Nullable NeighbourSource local, Ticker ticker) {
    this.source = source;
    this.local = local;
    this.ticker = ticker;
  }

  @Override
  public Future<int[][]> neighbours(int[] ordinals, int count, Deadline deadline) {
    var graph = local;
    if (graph == null) {
      return source.neighbours(ordinals, count, deadline).onFailure(failed -> failure = failed);
    }
    if (failure != null) {
      return graph.neighbours(ordinals, count, deadline);
    }
    return source
        .neighbours(ordinals, count, half(deadline, ticker))
        .recover(
            failed -> {
              failure = failed;
              return graph.neighbours(ordinals, count, deadline);
            });
  }

  /** Why the source gave none; null while it did. */
  @Nullable Throwable failure() {
    return failure;
  }

  static Deadline half(Deadline deadline, Ticker ticker) {
    var now = ticker.nanos();
    return new Deadline(now + (deadline.nanos() - now) / 2);
  }
}
