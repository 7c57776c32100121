package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Drives searches, which are step machines without input or output: scores on the compute pool,
 * fetches what a step asks for without holding a thread while it waits, and looks at the clock
 * between steps.
 */
final class SearchDriver {

  private final Vertx vertx;
  private final ComputePool pool;
  private final Ticker ticker;

  SearchDriver(Vertx vertx, ComputePool pool, Ticker ticker) {
    this.vertx = vertx;
    this.pool = pool;
    this.ticker = ticker;
  }

  /**
   * Runs a search until it is finished, the deadline passes or the work is cancelled.
   *
   * @return what was found by then, on the caller's context; fails with {@link NoRoom} when the
   *     pool is full, or with whatever a broken engine throws
   */
  Future<SearchResult> run(
      Search search, NeighbourSource neighbours, Deadline deadline, Cancellation cancellation) {
    var run = new Run(search, neighbours, deadline, cancellation, vertx.getOrCreateContext());
    if (!pool.offer(run::score)) {
      return Future.failedFuture(new NoRoom());
    }
    return run.promise.future();
  }

  /** Runs a piece of work on the compute pool; the result arrives on the caller's context. */
  <T> Future<T> compute(Supplier<T> work) {
    var context = vertx.getOrCreateContext();
    Promise<T> promise = Promise.promise();
    var accepted =
        pool.offer(
            () -> {
              try {
                var result = work.get();
                context.runOnContext(_ -> promise.tryComplete(result));
              } catch (RuntimeException | Error broken) {
                context.runOnContext(_ -> promise.tryFail(broken));
              }
            });
    return accepted ? promise.future() : Future.failedFuture(new NoRoom());
  }

  /** The compute pool's queue is full. */
  static final class NoRoom extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoRoom() {
      super("the compute pool's queue is full", null, false, false);
    }
  }

  private final class Run {

    private final Search search;
    private final NeighbourSource neighbours;
    private final Deadline deadline;
    private final Cancellation cancellation;
    private final Context context;
    private final Promise<SearchResult> promise = Promise.promise();

    Run(
        Search search,
        NeighbourSource neighbours,
        Deadline deadline,
        Cancellation cancellation,
        Context context) {
      this.search = search;
      this.neighbours = neighbours;
      this.deadline = deadline;
      this.cancellation = cancellation;
      this.context = context;
    }

    void score() {
      try {
        while (!over()) {
          switch (search.advance()) {
            case Search.Step.More _ -> {}
            case Search.Step.Finished _ -> {
              finish();
              return;
            }
            case Search.Step.NeedNeighbours need -> {
              var lists = neighbours.neighbours(need.ordinals(), need.count(), deadline);
              if (!lists.isComplete()) {
                lists.onComplete(fetched -> resume(fetched.succeeded() ? fetched.result() : null));
                return;
              }
              if (lists.failed()) {
                finish();
                return;
              }
              search.supply(lists.result());
            }
          }
        }
        finish();
      } catch (RuntimeException | Error broken) {
        context.runOnContext(_ -> promise.tryFail(broken));
      }
    }

    private boolean over() {
      return cancellation.cancelled() || deadline.passed(ticker);
    }

    /** Without neighbours or without room on the pool the search ends with what it has. */
    private void resume(int @Nullable [][] lists) {
      Runnable next =
          () -> {
            if (lists == null) {
              finish();
            } else {
              search.supply(lists);
              score();
            }
          };
      if (!pool.offer(next)) {
        finish();
      }
    }

    private void finish() {
      var result = search.result();
      context.runOnContext(_ -> promise.tryComplete(result));
    }
  }
}
