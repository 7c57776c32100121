package io.trawl.workers.fleet.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.Reply;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks one replica again and again whether it takes calls, and lets it prove itself: before its
 * first call, whenever it comes back, and now and then in between. One question at a time.
 */
public final class Prober {

  /**
   * Of answers that do not come before it is out; what drains or denies it takes is out at once.
   */
  private static final int MISSES = 2;

  private final Replica replica;
  private final String model;
  private final String version;
  private final Proof proof;
  private final ReplicaOptions options;
  private final NanoClock clock;
  private final Alarm alarm;
  private final DoubleSupplier guessNanos;
  private final DoubleSupplier jitter;

  private final Object lock = new Object();

  @GuardedBy("lock")
  private Alarm.@Nullable Pending next;

  @GuardedBy("lock")
  private boolean closed;

  private final Promise<Void> asked = Promise.promise();

  private int misses;
  private long provenAt;

  /**
   * One that asks nothing yet.
   *
   * @param guessNanos how long calls take at the replica's like, asked when it comes back
   * @param jitter from 0 to 1, so that many replicas are not asked at one moment
   */
  public Prober(
      Replica replica,
      String model,
      String version,
      Proof proof,
      ReplicaOptions options,
      NanoClock clock,
      Alarm alarm,
      DoubleSupplier guessNanos,
      DoubleSupplier jitter) {
    this.replica = replica;
    this.model = model;
    this.version = version;
    this.proof = proof;
    this.options = options;
    this.clock = clock;
    this.alarm = alarm;
    this.guessNanos = guessNanos;
    this.jitter = jitter;
  }

  /** Begins with a question at once. */
  public void start() {
    ask();
  }

  /** Completes when the first question has been answered, or not within its time. */
  public Future<Void> asked() {
    return asked.future();
  }

  /** Asks no more. */
  public void close() {
    asked.tryComplete();
    synchronized (lock) {
      closed = true;
      if (next != null) {
        next.cancel();
      }
    }
  }

  private void ask() {
    if (replica.resting()) {
      later();
      return;
    }
    asking(() -> replica.client().modelReady(model, version, options.probeTimeout()))
        .otherwise(broken -> new Reply.NoAnswer<>(failed(broken)))
        .compose(this::heard)
        .onComplete(
            _ -> {
              asked.tryComplete();
              later();
            });
  }

  private Future<Void> heard(Reply<Boolean> reply) {
    return switch (reply) {
      case Reply.Answer<Boolean>(Boolean ready) when ready -> {
        misses = 0;
        yield mustProve() ? prove() : Future.succeededFuture();
      }
      case Reply.Answer<Boolean> _ -> out(Standing.DRAINING, "it says that it is not ready");
      case Reply.NoAnswer<Boolean>(var failure) -> noAnswer(failure);
    };
  }

  private Future<Void> noAnswer(Failure failure) {
    return switch (failure) {
      case Failure.Stopping(var message) -> out(Standing.DRAINING, message);
      case Failure.NotFound(var message) -> out(Standing.UNPROVEN, message);
      // It is there, and busy: nobody is taken out for that, or brought in.
      case Failure.QueueFull _, Failure.QueueTimeout _ -> Future.succeededFuture();
      case Failure other ->
          ++misses < MISSES && replica.standing() == Standing.READY
              ? Future.succeededFuture()
              : out(Standing.UNPROVEN, other.message());
    };
  }

  private Future<Void> out(Standing to, String why) {
    misses = 0;
    replica.leave(to, why);
    return Future.succeededFuture();
  }

  private boolean mustProve() {
    return replica.standing() != Standing.READY
        || clock.nanos() - provenAt > options.proveEvery().toNanos();
  }

  private Future<Void> prove() {
    return asking(() -> proof.ask(replica.client(), options.probeTimeout()))
        .otherwise(broken -> new Proof.Shown.NoAnswer(failed(broken)))
        .compose(
            found ->
                switch (found) {
                  case Proof.Shown.Agrees _ -> proven();
                  case Proof.Shown.Differs(var why) -> out(Standing.UNPROVEN, why);
                  case Proof.Shown.NoAnswer(var failure) -> noAnswer(failure);
                });
  }

  private Future<Void> proven() {
    provenAt = clock.nanos();
    if (replica.standing() != Standing.READY) {
      replica.ready(guessNanos.getAsDouble());
    }
    return Future.succeededFuture();
  }

  /**
   * What is thrown is no answer either; after an error it is asked again too, and others hear of
   * it.
   */
  private <T> Future<T> asking(Supplier<Future<T>> question) {
    try {
      return question.get();
    } catch (RuntimeException broken) {
      return Future.failedFuture(broken);
    } catch (Error broken) {
      later();
      throw broken;
    }
  }

  private static Failure failed(Throwable broken) {
    return new Failure.Unreachable(String.valueOf(broken.getMessage()));
  }

  private void later() {
    long nanos = options.probeEvery().toNanos();
    synchronized (lock) {
      if (!closed) {
        next = alarm.after((long) (nanos * (0.9 + 0.2 * jitter.getAsDouble())), this::ask);
      }
    }
  }
}
