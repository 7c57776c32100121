package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.serve.source.Cancellation;
import io.trawl.workers.guard.Ending;
import io.trawl.workers.guard.Ticket;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way. It ends once: with what the work gave or threw, by its deadline, or by its
 * caller's going away. The last two interrupt the thread and do not wait for it.
 */
final class MilvusCall<T> {

  /** Told once of each call; {@code failure} is null where it worked. */
  @FunctionalInterface
  interface Observer {
    void ended(
        String operation,
        @Nullable MilvusFailure failure,
        long elapsedNanos,
        @Nullable SharedClient client);
  }

  private sealed interface Ended<T> {
    record Given<T>(T value) implements Ended<T> {}

    record Lost<T>(MilvusFailure failure, long elapsedNanos) implements Ended<T> {}
  }

  private final String operation;
  private final Supplier<@Nullable SharedClient> clients;
  private final Ticket ticket;
  private final Vertx vertx;
  private final MilvusOptions options;
  private final Ticker ticker;
  private final Observer observer;
  private final Context context;
  private final Promise<T> promise = Promise.promise();
  private final AtomicReference<@Nullable Ended<T>> end = new AtomicReference<>();
  private final long startNanos;
  private volatile @Nullable SharedClient client;

  /**
   * @param clients gives a client that was entered, or null where there is none now
   * @param ticket is ended by this call, once it has started
   */
  MilvusCall(
      String operation,
      Supplier<@Nullable SharedClient> clients,
      Ticket ticket,
      Vertx vertx,
      MilvusOptions options,
      Ticker ticker,
      Observer observer) {
    this.operation = operation;
    this.clients = clients;
    this.ticket = ticket;
    this.vertx = vertx;
    this.options = options;
    this.ticker = ticker;
    this.observer = observer;
    this.context = vertx.getOrCreateContext();
    this.startNanos = ticker.nanos();
  }

  Future<T> start(
      Deadline deadline,
      Cancellation cancellation,
      ThreadFactory threads,
      Function<MilvusClientV2, T> work) {
    var thread = threads.newThread(() -> run(work));
    try {
      thread.start();
    } catch (RuntimeException | Error refused) {
      finish(lost(SdkErrors.of(refused)));
      return promise.future();
    }
    var leftNanos = Math.min(deadline.leftNanos(ticker), options.callTimeout().toNanos());
    var timer =
        vertx.setTimer(
            Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos)),
            _ -> abandon(thread, new MilvusFailure.Expired()));
    var registration = cancellation.onCancel(() -> abandon(thread, new MilvusFailure.Cancelled()));
    return promise
        .future()
        .onComplete(
            _ -> {
              vertx.cancelTimer(timer);
              registration.close();
            });
  }

  private void run(Function<MilvusClientV2, T> work) {
    var entered = clients.get();
    if (entered == null) {
      finish(lost(new MilvusFailure.Unreachable("reconnecting")));
      return;
    }
    client = entered;
    try {
      finish(new Ended.Given<>(work.apply(entered.sdk())));
    } catch (RuntimeException thrown) {
      finish(lost(SdkErrors.of(thrown)));
    } catch (Error broken) {
      finish(lost(SdkErrors.of(broken)));
      throw broken;
    } finally {
      entered.leave();
    }
  }

  private Ended<T> lost(MilvusFailure failure) {
    return new Ended.Lost<>(failure, ticker.nanos() - startNanos);
  }

  /** The thread is free. Whoever waits is told after the guard: the next call is theirs. */
  private void finish(Ended<T> ended) {
    var first = end.compareAndSet(null, ended);
    ticket.end(ending());
    if (first) {
      tell(ended);
    }
  }

  private void abandon(Thread thread, MilvusFailure failure) {
    var ended = lost(failure);
    if (end.compareAndSet(null, ended)) {
      thread.interrupt();
      tell(ended);
    }
  }

  /** Counted first, so that whoever has been told can look at what was counted. */
  private void tell(Ended<T> ended) {
    var failure = ended instanceof Ended.Lost<T>(var lost, _) ? lost : null;
    try {
      observer.ended(operation, failure, ticker.nanos() - startNanos, client);
    } finally {
      context.runOnContext(
          _ -> {
            switch (ended) {
              case Ended.Given<T>(var value) -> promise.tryComplete(value);
              case Ended.Lost<T>(var lost, _) -> promise.tryFail(new MilvusCallFailed(lost));
            }
          });
    }
  }

  private Ending ending() {
    return switch (end.get()) {
      case Ended.Given<T> _ -> Ending.SUCCEEDED;
      case Ended.Lost<T>(var failure, var elapsedNanos) -> ending(failure, elapsedNanos);
      case null -> Ending.DROPPED;
    };
  }

  private Ending ending(MilvusFailure failure, long elapsedNanos) {
    return switch (failure) {
      case MilvusFailure.Cancelled _, MilvusFailure.Refused _, MilvusFailure.Wrong _ ->
          Ending.DROPPED;
      case MilvusFailure.Expired _ ->
          elapsedNanos >= options.patience().toNanos() ? Ending.FAILED : Ending.DROPPED;
      case MilvusFailure.Unreachable _, MilvusFailure.NotReady _, MilvusFailure.Broken _ ->
          Ending.FAILED;
    };
  }
}
