package io.trawl.serve.source;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.vertx.core.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Neighbours for one search from a source outside, and from the space's own graph once that fails.
 * The source gets half of the time that is left, so that the graph's neighbours can still be
 * scored; it is not asked again by the same search, which could not afford to wait twice.
 */
public final class BackedNeighbours implements NeighbourSource {

  private final NeighbourSource source;
  private final Optional<NeighbourSource> graph;
  private final Ticker ticker;

  /** Written by the thread that has the search, or before it gets the search back. */
  private volatile @Nullable Throwable failure;

  /**
   * @param graph empty where there is none: then a failure is one
   */
  public BackedNeighbours(NeighbourSource source, Optional<NeighbourSource> graph, Ticker ticker) {
    this.source = source;
    this.graph = graph;
    this.ticker = ticker;
  }

  @Override
  public Future<int[][]> neighbours(
      int[] ordinals, int count, Deadline deadline, Cancellation cancellation) {
    if (graph.isEmpty()) {
      return source.neighbours(ordinals, count, deadline, cancellation);
    }
    if (failure != null) {
      return graph.get().neighbours(ordinals, count, deadline, cancellation);
    }
    return source
        .neighbours(ordinals, count, half(deadline, ticker), cancellation)
        .recover(
            failed -> {
              failure = failed;
              return graph.get().neighbours(ordinals, count, deadline, cancellation);
            });
  }

  /** Why the graph served in its place; null while the source did. */
  @Nullable
  public Throwable failure() {
    return failure;
  }

  public static Deadline half(Deadline deadline, Ticker ticker) {
    var now = ticker.nanos();
    return new Deadline(now + (deadline.nanos() - now) / 2);
  }
}
