package io.trawl.serve.space;

import io.trawl.domain.Deadline;
import io.trawl.serve.SharedParts;
import io.trawl.serve.source.Uses;
import io.trawl.space.GoldenRequest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a gateway's readiness true to what it can do. Not ready until the worker's model has been
 * found to be the space's backbone and every golden request has passed through worker and exact
 * engine; after that one golden request at a time, in turn, through the worker alone. A failed one
 * makes it not ready, with the reason, until the next one passes.
 */
public final class ReadinessProbe implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ReadinessProbe.class);

  private static final Future<Optional<String>> NOTHING = Future.succeededFuture(Optional.empty());

  private final Vertx vertx;
  private final Context context;
  private final GoldenCheck check;
  private final List<GoldenRequest> golden;
  private final Duration interval;
  private final Promise<Void> firstReady = Promise.promise();

  /** Read by any thread, written by the probe's own context. */
  private volatile Readiness readiness = new Readiness.NotReady("no golden request has passed yet");

  /** The next three belong to the probe's own context. */
  private int passed;

  private @Nullable Long timer;
  private boolean closed;

  ReadinessProbe(GoldenCheck check, List<GoldenRequest> golden, SharedParts parts) {
    if (golden.isEmpty()) {
      throw new IllegalArgumentException("there are no golden requests; expected at least one");
    }
    this.vertx = parts.vertx();
    this.context = vertx.getOrCreateContext();
    this.check = check;
    this.golden = List.copyOf(golden);
    this.interval = parts.readiness().interval();
  }

  /** Begins to probe, and goes on until closed. */
  public void start() {
    context.runOnContext(_ -> probe());
  }

  /** Goes on where {@link GoldenCheck#all} has just found nothing wrong. */
  void startPassed() {
    readiness = new Readiness.Ready();
    context.runOnContext(
        _ -> {
          passed = golden.size();
          firstReady.tryComplete();
          later();
        });
  }

  /** Completes when the gateway is ready for the first time; fails if it is closed before. */
  public Future<Void> ready() {
    return firstReady.future();
  }

  public Readiness readiness() {
    return readiness;
  }

  private void probe() {
    Uses.begun(() -> next(check.deadline()))
        .onComplete(
            ended -> {
              if (!closed) {
                note(
                    ended.succeeded()
                        ? ended.result()
                        : Optional.of(String.valueOf(ended.cause())));
              }
            });
  }

  private Future<Optional<String>> next(Deadline deadline) {
    var one = golden.get(passed % golden.size());
    if (passed >= golden.size()) {
      return check.checkVectors(one, deadline);
    }
    var model = passed == 0 ? check.checkModel(deadline) : NOTHING;
    return model.compose(
        wrong -> wrong.isPresent() ? Future.succeededFuture(wrong) : check.check(one, deadline));
  }

  private void note(Optional<String> wrong) {
    if (wrong.isPresent()) {
      turn(new Readiness.NotReady(wrong.get()));
      later();
      return;
    }
    passed++;
    if (passed < golden.size()) {
      probe();
      return;
    }
    turn(new Readiness.Ready());
    firstReady.tryComplete();
    later();
  }

  private void later() {
    if (closed) {
      return;
    }
    timer = vertx.setTimer(interval.toMillis(), _ -> probe());
  }

  private void turn(Readiness to) {
    if (closed) {
      return;
    }
    if (!to.equals(readiness)) {
      switch (to) {
        case Readiness.Ready _ -> LOG.info("ready: {} golden requests passed", golden.size());
        case Readiness.NotReady(var why) -> LOG.warn("not ready: {}", why);
      }
    }
    readiness = to;
  }

  @Override
  public void close() {
    readiness = new Readiness.NotReady("the gateway is closing");
    context.runOnContext(
        _ -> {
          closed = true;
          if (timer != null) {
            vertx.cancelTimer(timer);
          }
          firstReady.tryFail("closed before it was ready");
        });
  }
}
