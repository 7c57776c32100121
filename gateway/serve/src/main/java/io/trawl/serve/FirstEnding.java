package io.trawl.serve;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Ticker;
import io.trawl.serve.search.SearchDriver;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.Uses;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the work of one request to its first ending: the answer, a step that failed, the deadline,
 * or the caller who left. Whichever it is ends all other work of the request.
 */
final class FirstEnding {

  /** When there was no room: long enough for a queue of searches to drain. */
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(FirstEnding.class);

  private final Vertx vertx;
  private final Ticker ticker;
  private final Soundness soundness;
  private final MeterRegistry registry;

  /**
   * @param soundness of the space that the requests are about
   */
  FirstEnding(Vertx vertx, Ticker ticker, Soundness soundness, MeterRegistry registry) {
    this.vertx = vertx;
    this.ticker = ticker;
    this.soundness = soundness;
    this.registry = registry;
  }

  /**
   * @param toEncode objectives that the backbone is asked for
   * @param work given what tells its steps that nobody waits any more; fails with {@link #ended}
   *     where a step ends the request, and may throw
   * @return never fails
   */
  Future<RetrievalOutcome> of(
      String requestId,
      Deadline deadline,
      Cancellation caller,
      int toEncode,
      Function<Steps, Future<RetrievalOutcome>> work) {
    if (deadline.passed(ticker)) {
      return Future.succeededFuture(new RetrievalOutcome.Expired("admission"));
    }
    if (soundness.flaw().isPresent()) {
      return Future.succeededFuture(Soundness.outOfService());
    }
    var context = vertx.getOrCreateContext();
    var steps = new Steps(toEncode);
    Promise<RetrievalOutcome> first = Promise.promise();
    var registration =
        caller.onCancel(
            () -> context.runOnContext(_ -> first.tryComplete(new RetrievalOutcome.Cancelled())));
    var timer =
        vertx.setTimer(
            Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline.leftNanos(ticker))),
            _ -> first.tryComplete(new RetrievalOutcome.Expired(steps.stage())));
    Uses.begun(() -> work.apply(steps))
        .onSuccess(first::tryComplete)
        .onFailure(failure -> first.tryComplete(ending(requestId, failure)));
    return first
        .future()
        .onComplete(
            _ -> {
              vertx.cancelTimer(timer);
              registration.close();
              steps.cancellation.cancel();
            });
  }

  /** What the steps of a request share with its ending. */
  static final class Steps {

    private final Cancellation cancellation = new Cancellation();
    private final AtomicInteger toEncode;

    private Steps(int toEncode) {
      this.toEncode = new AtomicInteger(toEncode);
    }

    /** Fired when the request has ended. */
    Cancellation cancellation() {
      return cancellation;
    }

    /** One more objective has its query vectors. */
    void encoded() {
      toEncode.decrementAndGet();
    }

    /** What the request waits for at this moment. */
    private String stage() {
      return toEncode.get() > 0 ? "backbone" : "search";
    }
  }

  private RetrievalOutcome ending(String requestId, Throwable failure) {
    return switch (failure) {
      case Ended ended -> ended.outcome;
      case SearchDriver.NoRoom _ -> shed("no search finds room now");
      case Throwable fault when soundness.faulted(fault, registry) -> Soundness.outOfService();
      default -> {
        LOG.error("request {} met a broken promise", requestId, failure);
        yield new RetrievalOutcome.Failed();
      }
    };
  }

  static RetrievalOutcome shed(String why) {
    return new RetrievalOutcome.Shed(why, RETRY_AFTER);
  }

  /** Ends the request from inside one of its steps. */
  static <T> Future<T> ended(RetrievalOutcome outcome) {
    return Future.failedFuture(new Ended(outcome));
  }

  /** Carries an outcome past the steps that no longer happen. */
  private static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient RetrievalOutcome outcome;

    Ended(RetrievalOutcome outcome) {
      super(null, null, false, false);
      this.outcome = outcome;
    }
  }
}
