package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.serve.Cancellation;
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
import org.jspecify.annotations.Nullable;

/**
 * One call on its way. It ends once: with what the work gave or threw, by its deadline, or by its
 * caller's going away. The last two interrupt the thread and do not wait for it.
 */
final class MilvusCall<T> {

  /** Told once of each call; {@code failure} is null where it worked. */
  @FunctionalInterface
  interface Observer {
    void ended(String operation, @Nullable MilvusFailure failure, long elapsedNanos, Client client);
  }

  private sealed interface Ended<T> {
    record Given<T>(T value) implements Ended<T> {}

    record Lost<T>(MilvusFailure failure) implements Ended<T> {}
  }

  private final String operation;
  private final Client client;
  private final Ticket ticket;
  private final Vertx vertx;
  private final MilvusOptions options;
  private final Ticker ticker;
  private final Observer observer;
  private final Context context;
  private final Promise<T> promise = Promise.promise();
  private final AtomicReference<@Nullable Ended<T>> end = new AtomicReference<>();
  private final long startNanos;

  MilvusCall(
      String operation,
      Client client,
      Ticket ticket,
      Vertx vertx,
      MilvusOptions options,
      Ticker ticker,
      Observer observer) {
    this.operation = operation;
    this.client = client;
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
    thread.start();
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
    try {
      end(new Ended.Given<>(work.apply(client.sdk())));
    } catch (RuntimeException thrown) {
      end(new Ended.Lost<>(Failures.of(thrown)));
    } catch (Error broken) {
      end(new Ended.Lost<>(new MilvusFailure.Broken(0, broken.toString())));
      throw broken;
    } finally {
      ticket.end(ending());
      client.leave();
    }
  }

  private void abandon(Thread thread, MilvusFailure failure) {
    if (end(new Ended.Lost<>(failure))) {
      thread.interrupt();
    }
  }

  private boolean end(Ended<T> ended) {
    if (!end.compareAndSet(null, ended)) {
      return false;
    }
    var failure = ended instanceof Ended.Lost<T>(var lost) ? lost : null;
    context.runOnContext(
        _ -> {
          switch (ended) {
            case Ended.Given<T>(var value) -> promise.tryComplete(value);
            case Ended.Lost<T>(var lost) -> promise.tryFail(new MilvusFailed(lost));
          }
        });
    observer.ended(operation, failure, ticker.nanos() - startNanos, client);
    return true;
  }

  private Ending ending() {
    return switch (end.get()) {
      case Ended.Given<T> _ -> Ending.SUCCEEDED;
      case Ended.Lost<T>(var failure) -> ending(failure);
      case null -> Ending.DROPPED;
    };
  }

  private Ending ending(MilvusFailure failure) {
    return switch (failure) {
      case MilvusFailure.Cancelled _, MilvusFailure.Refused _, MilvusFailure.Wrong _ ->
          Ending.DROPPED;
      case MilvusFailure.Expired _ ->
          ticker.nanos() - startNanos >= options.patience().toNanos()
              ? Ending.FAILED
              : Ending.DROPPED;
      case MilvusFailure.Unreachable _, MilvusFailure.NotReady _, MilvusFailure.Broken _ ->
          Ending.FAILED;
    };
  }
}
