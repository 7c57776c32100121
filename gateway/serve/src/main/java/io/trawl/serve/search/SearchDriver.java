package io.trawl.serve.search;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.space.MemoryFault;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives searches, which are step machines without input or output: scores on the compute pool,
 * fetches what a step asks for without holding a thread while it waits, and looks at the clock
 * between steps.
 */
public final class SearchDriver {

  private static final Logger LOG = LoggerFactory.getLogger(SearchDriver.class);

  private final Vertx vertx;
  private final ComputePool pool;
  private final Ticker ticker;

  public SearchDriver(Vertx vertx, ComputePool pool, Ticker ticker) {
    this.vertx = vertx;
    this.pool = pool;
    this.ticker = ticker;
  }

  /** Each search on a thread made for it: one that must not wait, nor be refused. */
  public SearchTask.Scheduler apart() {
    return task -> {
      Thread.ofPlatform().daemon().name("trawl-golden").start(task::runToPause);
      return true;
    };
  }

  /** Each search by itself, on the next thread that is free. */
  public SearchTask.Scheduler alone() {
    return task -> {
      long asked = ticker.nanos();
      return pool.offer(
          () -> {
            long begun = ticker.nanos();
            pool.waited(begun - asked);
            task.runToPause();
            pool.ran(ticker.nanos() - begun);
          });
    };
  }

  /** Searches that share what they read. */
  public SearchTask.Scheduler together() {
    return new SearchGroup(pool, pool.threads());
  }

  /**
   * Runs a search until it is finished, the deadline passes or the work is cancelled.
   *
   * @return what was found by then, on the caller's context; fails with {@link NoRoom} when the
   *     pool is full, or with whatever a broken engine throws
   */
  public Future<SearchRun> run(SearchTask.Job job, SearchTask.Scheduler scheduler) {
    var task = new SearchTask(job, scheduler, ticker, vertx.getOrCreateContext());
    return scheduler.schedule(task) ? task.run() : Future.failedFuture(new NoRoom());
  }

  /** Whether no search goes on any more that is to end then. */
  public boolean passed(Deadline deadline) {
    return deadline.passed(ticker);
  }

  /** Runs a piece of work on the compute pool; the result arrives on the caller's context. */
  public <T> Future<T> compute(Supplier<T> work) {
    var context = vertx.getOrCreateContext();
    Promise<T> promise = Promise.promise();
    long asked = ticker.nanos();
    var accepted =
        pool.offer(
            () -> {
              pool.waited(ticker.nanos() - asked);
              try {
                var result = work.get();
                MemoryFault.throwPending();
                context.runOnContext(_ -> promise.tryComplete(result));
              } catch (RuntimeException | Error broken) {
                LOG.debug("work on the compute pool ended in a bug", broken);
                context.runOnContext(_ -> promise.tryFail(broken));
              }
            });
    return accepted ? promise.future() : Future.failedFuture(new NoRoom());
  }

  /** The compute pool's queue is full. */
  public static final class NoRoom extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoRoom() {
      super("the compute pool's queue is full", null, false, false);
    }
  }
}
