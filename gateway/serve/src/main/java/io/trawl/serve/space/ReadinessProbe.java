package io.trawl.serve.space;

import io.trawl.domain.Ticker;
import io.trawl.serve.SharedParts;
import io.trawl.serve.Soundness;
import io.trawl.serve.source.Uses;
import io.trawl.serve.space.GoldenCheck.Finding;
import io.trawl.space.GoldenRequest;
import io.trawl.space.MemoryFault;
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
 * found to be the space's backbone and every golden request has passed through worker, exact engine
 * and catalogue; after that one golden request at a time, in turn, the same way. A failed one makes
 * it not ready, with the reason, until the next one passes; so do files of the space that are not
 * what they were. One for which the worker had no room says that the worker is there: overload
 * takes no gateway out of service that was ready.
 */
public final class ReadinessProbe implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ReadinessProbe.class);

  private static final Future<Optional<String>> NOTHING = Future.succeededFuture(Optional.empty());

  private final Vertx vertx;
  private final Context context;
  private final GoldenCheck check;
  private final Soundness soundness;
  private final List<GoldenRequest> golden;
  private final Duration interval;
  private final Ticker ticker;

  /** A check that has not ended by then never will: its end was lost. */
  private final long lostNanos;

  private final SharedParts parts;
  private final Promise<Void> firstReady = Promise.promise();

  /** Read by any thread, written by the probe's own context. */
  private volatile Readiness readiness = new Readiness.NotReady("no golden request has passed yet");

  /** All that follows belongs to the probe's own context. */
  private int passed;

  private boolean running;
  private long startNanos;

  /** Which check it is: of one that was given up the end is not heard. */
  private long number;

  private @Nullable Long timer;
  private boolean closed;

  ReadinessProbe(
      GoldenCheck check, Soundness soundness, List<GoldenRequest> golden, SharedParts parts) {
    if (golden.isEmpty()) {
      throw new IllegalArgumentException("there are no golden requests; expected at least one");
    }
    this.vertx = parts.vertx();
    this.context = vertx.getOrCreateContext();
    this.check = check;
    this.soundness = soundness;
    this.golden = List.copyOf(golden);
    this.interval = parts.readiness().interval();
    this.ticker = parts.ticker();
    this.lostNanos = 2 * parts.readiness().timeout().toNanos();
    this.parts = parts;
  }

  /** Begins to probe, and goes on until closed. */
  public void start() {
    context.runOnContext(
        _ -> {
          goOn();
          turn();
        });
  }

  /** Goes on where {@link GoldenCheck#all} has just found nothing wrong. */
  void startPassed() {
    readiness = new Readiness.Ready();
    context.runOnContext(
        _ -> {
          passed = golden.size();
          firstReady.tryComplete();
          goOn();
        });
  }

  /** Does not wait for its turn: what was wrong may be right again. */
  void again() {
    context.runOnContext(_ -> turn());
  }

  /** Whatever becomes of one check, there is a next one. */
  private void goOn() {
    if (!closed) {
      timer = vertx.setPeriodic(interval.toMillis(), _ -> turn());
    }
  }

  /** Completes when the gateway is ready for the first time; fails if it is closed before. */
  public Future<Void> ready() {
    return firstReady.future();
  }

  public Readiness readiness() {
    return soundness
        .flaw()
        .<Readiness>map(flaw -> new Readiness.NotReady(flaw.why()))
        .orElse(readiness);
  }

  /** Whatever is thrown on its way is no more than a reason. */
  private void turn() {
    try {
      probe();
      MemoryFault.throwPending();
    } catch (RuntimeException | Error broken) {
      running = false;
      note(thrown(broken));
    }
  }

  private void probe() {
    if (closed) {
      return;
    }
    if (running) {
      if (ticker.nanos() - startNanos < lostNanos) {
        return;
      }
      tell(new Readiness.NotReady("a golden request was sent and never ended"));
    }
    running = true;
    startNanos = ticker.nanos();
    number++;
    var mine = number;
    Uses.begun(this::next)
        .onComplete(
            ended -> {
              if (number == mine) {
                running = false;
                note(ended.succeeded() ? ended.result() : thrown(ended.cause()));
              }
            });
  }

  private Future<Optional<Finding>> next() {
    var deadline = check.deadline();
    var one = golden.get(passed % golden.size());
    var model = passed == 0 ? check.checkModel(deadline) : NOTHING;
    return model.compose(
        wrong ->
            wrong.isPresent()
                ? Future.succeededFuture(wrong.map(Finding::new))
                : check.check(one, deadline));
  }

  private Optional<Finding> thrown(Throwable failure) {
    var name = GoldenCheck.name(golden.get(passed % golden.size()));
    if (soundness.faulted(failure, parts.registry())) {
      return Optional.of(new Finding(name + " met a file that cannot be read"));
    }
    LOG.warn("{} failed", name, failure);
    var said = failure.getMessage();
    return Optional.of(
        new Finding(name + " failed: " + (said == null ? "the gateway's log has more" : said)));
  }

  private void note(Optional<Finding> found) {
    if (found.isPresent()) {
      if (!found.get().full() || readiness instanceof Readiness.NotReady) {
        tell(new Readiness.NotReady(found.get().why()));
      }
      return;
    }
    passed++;
    if (passed < golden.size()) {
      context.runOnContext(_ -> turn());
      return;
    }
    tell(new Readiness.Ready());
    firstReady.tryComplete();
  }

  private void tell(Readiness to) {
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
