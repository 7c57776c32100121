package io.trawl.serve.search;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.source.Cancellation;
import io.trawl.space.MemoryFault;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A search on its way: step by step on whichever thread of the compute pool has it, waiting for
 * neighbours without any. Never on two threads at once.
 */
public final class SearchTask {

  private static final Logger LOG = LoggerFactory.getLogger(SearchTask.class);

  /** What a thread that has it does next. */
  enum Pace {
    MORE,
    /** It comes back through the scheduler; it is not to be touched any more. */
    WAITING,
    OVER
  }

  /** Brings tasks to a thread. */
  @FunctionalInterface
  public interface Scheduler {
    /** False where there is no room. */
    boolean schedule(SearchTask task);
  }

  /** Gets what a search asks for. */
  @FunctionalInterface
  public interface Fetcher {
    Future<? extends Search.Answer> fetch(Search.Step.Need need);
  }

  /**
   * What is to be run, and for whom.
   *
   * @param search starts it, with its first step: what a search allocates may be as large as the
   *     catalogue
   * @param explain whether it is started to be explained
   * @param rounds told the best so far after each round but the last, on the caller's context; null
   *     where nobody listens
   */
  public record Job(
      Supplier<Search> search,
      boolean explain,
      Fetcher fetcher,
      Deadline deadline,
      Cancellation cancellation,
      @Nullable Consumer<SearchResult> rounds) {}

  private final Job job;
  private final Scheduler scheduler;
  private final Ticker ticker;
  private final Context context;
  private final Promise<SearchRun> promise = Promise.promise();
  private final List<Long> roundEndNanos = new ArrayList<>();
  private @Nullable Search started;
  private long startNanos;
  private Search.@Nullable Answer arrived;
  private @Nullable Throwable starvedBy;

  SearchTask(Job job, Scheduler scheduler, Ticker ticker, Context context) {
    this.job = job;
    this.scheduler = scheduler;
    this.ticker = ticker;
    this.context = context;
  }

  /** Completes on the caller's context. */
  Future<SearchRun> run() {
    return promise.future();
  }

  /** Runs for as long as there is something to score. */
  void runToPause() {
    var pace = step();
    while (pace == Pace.MORE) {
      pace = step();
    }
  }

  /** One bounded piece of work. */
  Pace step() {
    try {
      if (started == null) {
        startNanos = ticker.nanos();
        started = job.search().get();
      }
      var answer = arrived;
      if (answer != null) {
        arrived = null;
        search().supply(answer);
      }
      return starvedBy != null || job.cancellation().cancelled() || job.deadline().passed(ticker)
          ? finish()
          : advance();
    } catch (RuntimeException | Error broken) {
      fail(broken);
      return Pace.OVER;
    }
  }

  private Search search() {
    return Objects.requireNonNull(started);
  }

  private Pace advance() {
    var step = search().advance();
    MemoryFault.throwPending();
    return switch (step) {
      case Search.Step.More _ -> Pace.MORE;
      case Search.Step.Finished _ -> {
        roundEndNanos.add(ticker.nanos());
        yield finish();
      }
      case Search.Step.Need need -> {
        if (endsRound(need)) {
          roundEnded();
        }
        yield wait(job.fetcher().fetch(need));
      }
    };
  }

  /** The first hits are asked for before there is a round, and vectors in the middle of one. */
  private boolean endsRound(Search.Step.Need need) {
    return switch (need) {
      case Search.Step.NeedNeighbours _ -> true;
      case Search.Step.NeedHits _ -> search().result().rounds() > 0;
      case Search.Step.NeedVectors _ -> false;
    };
  }

  private void roundEnded() {
    roundEndNanos.add(ticker.nanos());
    tellRound();
  }

  private void tellRound() {
    var listener = job.rounds();
    if (listener != null) {
      var best = search().result();
      context.runOnContext(_ -> listener.accept(best));
    }
  }

  private Pace wait(Future<? extends Search.Answer> fetch) {
    if (!fetch.isComplete()) {
      var waiting = new AtomicBoolean(true);
      // A source that never answers holds nothing once nobody waits for the search.
      var registration =
          job.cancellation()
              .onCancel(
                  () -> {
                    if (waiting.getAndSet(false)) {
                      resume(null, null);
                    }
                  });
      fetch.onComplete(
          fetched -> {
            registration.close();
            if (waiting.getAndSet(false)) {
              resume(fetched.result(), fetched.cause());
            }
          });
      return Pace.WAITING;
    }
    if (fetch.failed()) {
      return starved(fetch.cause());
    }
    search().supply(fetch.result());
    return Pace.MORE;
  }

  /** A source that is broken is no source that failed: it ends the request. */
  private Pace starved(Throwable failure) {
    if (failure instanceof Error broken) {
      throw broken;
    }
    starvedBy = failure;
    return finish();
  }

  /** Without what it needs, or without room for it, the search ends with what it has. */
  private void resume(Search.@Nullable Answer answer, @Nullable Throwable failure) {
    if (failure instanceof Error) {
      fail(failure);
      return;
    }
    arrived = answer;
    starvedBy = failure;
    try {
      if (!scheduler.schedule(this)) {
        finish();
      }
    } catch (RuntimeException | Error broken) {
      fail(broken);
    }
  }

  private void fail(Throwable broken) {
    // Its request may have ended, and then nobody else hears of it.
    LOG.debug("a search ended in a bug", broken);
    context.runOnContext(_ -> promise.tryFail(broken));
  }

  private Pace finish() {
    var search = search();
    MemoryFault.throwPending();
    var run =
        new SearchRun(
            search.result(),
            job.explain() ? search.explanation() : null,
            startNanos,
            List.copyOf(roundEndNanos),
            ticker.nanos(),
            starvedBy);
    context.runOnContext(_ -> promise.tryComplete(run));
    return Pace.OVER;
  }
}
