package io.trawl.workers.guard;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Decides whether a call may be made. Never waits; safe for use by all threads.
 *
 * <p>The bound on concurrency is asked before the breaker: what finds no room must not use up one
 * of the few probes of a breaker that is about to close.
 */
public interface Guard {

  /**
   * A guard of its own state.
   *
   * @param name in logs, metrics and refusals
   * @param nanos monotonic time; only differences mean anything
   */
  static Guard of(String name, GuardOptions options, LongSupplier nanos) {
    return of(name, options, nanos, () -> {});
  }

  /**
   * A guard of its own state that says when its breaker opens.
   *
   * @param name in logs, metrics and refusals
   * @param nanos monotonic time; only differences mean anything
   * @param whenOpen runs each time the breaker opens, on the thread whose call opened it
   */
  static Guard of(String name, GuardOptions options, LongSupplier nanos, Runnable whenOpen) {
    return new ResilienceGuard(name, options, nanos, whenOpen);
  }

  /** A ticket, which must be ended, or a refusal. */
  Admission tryAcquire();

  /**
   * Makes a call if it may be made, and ends its ticket when the future completes.
   *
   * @param call makes the call; one that throws has failed
   * @param classifier what a failure says of the called one
   * @return what the call gave, or a failure of {@link RefusedException}
   */
  default <T> Future<T> guarded(Supplier<Future<T>> call, Function<Throwable, Ending> classifier) {
    return switch (tryAcquire()) {
      case Refusal refusal -> Future.failedFuture(new RefusedException(name(), refusal));
      case Ticket ticket -> {
        Future<T> made;
        try {
          made = call.get();
        } catch (RuntimeException broken) {
          made = Future.failedFuture(broken);
        } catch (Error broken) {
          ticket.failed();
          throw broken;
        }
        yield made.onComplete(
            _ -> ticket.succeeded(), failure -> ticket.end(ending(classifier, failure)));
      }
    };
  }

  private static Ending ending(Function<Throwable, Ending> classifier, Throwable failure) {
    try {
      return classifier.apply(failure);
    } catch (RuntimeException _) {
      return Ending.FAILED;
    }
  }

  /**
   * Closes the breaker and forgets what it counted: the called one has proven itself in another
   * way. Tickets given before say nothing to it any more.
   */
  void reset();

  String name();

  /** Tickets that have not ended. */
  int underWay();

  /**
   * Shows its state: Resilience4j's meters {@code resilience4j.circuitbreaker.*} and {@code
   * resilience4j.bulkhead.*}, tagged by name, and {@code trawl.guard.refused} (tags {@code guard}
   * and {@code reason}, {@code full} or {@code open}) and {@code trawl.guard.dropped}.
   */
  void bindTo(MeterRegistry registry);
}
