package io.trawl.serve.space;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.Item;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Ticker;
import io.trawl.serve.OfSpace;
import io.trawl.serve.RetrievalBatch;
import io.trawl.serve.RetrievalPipeline;
import io.trawl.serve.Retriever;
import io.trawl.serve.SearchableSpace;
import io.trawl.serve.Soundness;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.SourceFailed;
import io.trawl.serve.source.Uses;
import io.trawl.space.source.SpaceRefused;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The space that answers, and the way to another one. Each call is answered by the space that was
 * there when it came, whole, whatever is activated meanwhile.
 *
 * <p>At most two spaces are open: a new one is opened only when the one before has let its last
 * request go.
 */
public final class SpaceSwitch implements Retriever, SpaceActivator {

  private static final Logger LOG = LoggerFactory.getLogger(SpaceSwitch.class);

  /** Longer than any request's deadline. */
  private static final Duration FINISHING = Duration.ofSeconds(60);

  private final Function<Path, Future<SpaceService>> opener;
  private final Ticker ticker;
  private final MeterRegistry registry;
  private final AtomicBoolean activating = new AtomicBoolean();

  private volatile SpaceService current;
  private volatile boolean closed;

  /** What answered before, while it still ends requests. */
  private volatile Optional<SpaceService> former = Optional.empty();

  private volatile Future<Void> formerClosed = Future.succeededFuture();

  /**
   * @param first answers from the start; it is not verified yet, its readiness says when it is
   * @param opener opens the space in a directory, off the event loop; fails with {@link
   *     SpaceRefused} or {@link IllegalArgumentException} where it may not be served
   */
  public SpaceSwitch(
      SpaceService first,
      Function<Path, Future<SpaceService>> opener,
      Ticker ticker,
      MeterRegistry registry) {
    this.current = first;
    this.opener = opener;
    this.ticker = ticker;
    this.registry = registry;
    Gauge.builder("trawl.spaces.open", this, SpaceSwitch::open)
        .description("Spaces that answer or still end requests")
        .register(registry);
  }

  /** Begins to probe the first space. */
  public void start() {
    current.start();
  }

  /** Completes when the first space has passed its golden requests for the first time. */
  public Future<Void> ready() {
    return current.probe().ready();
  }

  public Readiness readiness() {
    return current.probe().readiness();
  }

  /** Of the space that answers now. */
  public GoldenCheck goldenCheck() {
    return current.check();
  }

  private int open() {
    return (closed ? 0 : 1) + (former.isPresent() ? 1 : 0);
  }

  @Override
  public double cost(Asked asked) {
    return current.pipeline().cost(asked);
  }

  @Override
  public <T> Future<T> compute(Supplier<T> work) {
    return current.pipeline().compute(work);
  }

  @Override
  public boolean waitsLong() {
    return current.pipeline().waitsLong();
  }

  @Override
  public SpaceId space() {
    return current.id();
  }

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation cancellation) {
    return during(space -> space.retrieve(request, deadline, cancellation));
  }

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request,
      Deadline deadline,
      Cancellation cancellation,
      ObjIntConsumer<ObjectiveRetrieval> rounds) {
    return during(space -> space.retrieve(request, deadline, cancellation, rounds));
  }

  @Override
  public Future<RetrievalOutcome> search(
      SearchQuery query, Deadline deadline, Cancellation cancellation) {
    return during(space -> space.search(query, deadline, cancellation));
  }

  private Future<RetrievalOutcome> during(
      Function<RetrievalPipeline, Future<RetrievalOutcome>> call) {
    var in = begin();
    return in.lease().during(() -> call.apply(in.space().pipeline()));
  }

  @Override
  public OfSpace<List<Objective>> objectives() {
    return now(SearchableSpace::objectives);
  }

  @Override
  public OfSpace<Optional<Item>> item(String id) {
    return now(
        space -> {
          if (space.soundness().flaw().isPresent()) {
            throw new SourceFailed(Soundness.OUT_OF_SERVICE);
          }
          return space.item(id);
        });
  }

  private <T> OfSpace<T> now(Function<SearchableSpace, T> call) {
    var in = begin();
    var serving = in.space().serving();
    try (var _ = in.lease()) {
      return new OfSpace<>(in.space().id(), call.apply(serving));
    } catch (InternalError failure) {
      if (serving.soundness().faulted(failure, registry)) {
        throw new SourceFailed(Soundness.OUT_OF_SERVICE);
      }
      throw failure;
    }
  }

  @Override
  public RetrievalBatch batch(Deadline latest) {
    var in = begin();
    try {
      return in.space().pipeline().batch(latest, in.lease());
    } catch (RuntimeException | Error broken) {
      in.lease().close();
      throw broken;
    }
  }

  /** The space that a call is answered by. */
  private record In(SpaceService space, Uses.Lease lease) {}

  /** Begins a use of the space that answers now. */
  private In begin() {
    for (var space = current; ; space = current) {
      var lease = space.uses().begin();
      if (lease.isPresent()) {
        return new In(space, lease.get());
      }
      if (closed) {
        throw new IllegalStateException("the gateway was closed under a request");
      }
    }
  }

  @Override
  public Now now() {
    return new Now(
        current.id(), former.map(space -> space.uses().count()).orElse(0), activating.get());
  }

  @Override
  public Future<Activation> activate(Path directory) {
    if (!activating.compareAndSet(false, true)) {
      return ended(new Activation.Busy("another space is being opened or verified"));
    }
    var start = ticker.nanos();
    return formerClosed
        .timeout(FINISHING.toSeconds(), TimeUnit.SECONDS)
        .compose(
            _ ->
                Uses.begun(() -> opener.apply(directory))
                    .compose(candidate -> verify(candidate, start))
                    .recover(refused -> Future.succeededFuture(refusal(directory, refused))),
            _ -> Future.succeededFuture(stillFinishing()))
        .onComplete(_ -> activating.set(false))
        .onSuccess(this::note);
  }

  private Activation stillFinishing() {
    return new Activation.Busy(
        "the space before %s still ends %d requests".formatted(current.id(), now().finishing()));
  }

  private Future<Activation> ended(Activation activation) {
    note(activation);
    return Future.succeededFuture(activation);
  }

  private Future<Activation> verify(SpaceService candidate, long startNanos) {
    return Uses.begun(() -> candidate.check().all())
        .<Activation>map(
            wrong ->
                wrong
                    .<Activation>map(Activation.Refused::new)
                    .orElseGet(() -> goOver(candidate, startNanos)))
        .onComplete(
            ended -> {
              if (!(ended.result() instanceof Activation.Activated)) {
                candidate.close();
              }
            });
  }

  /** The step itself: new requests go to the new space from here on. */
  private synchronized Activation goOver(SpaceService next, long startNanos) {
    if (closed) {
      return new Activation.Refused("the gateway is closing");
    }
    var before = current;
    next.startPassed();
    former = Optional.of(before);
    current = next;
    formerClosed = before.close().onComplete(_ -> former = Optional.empty());
    return new Activation.Activated(
        before.id(),
        next.id(),
        next.goldenRequests(),
        Duration.ofNanos(ticker.nanos() - startNanos));
  }

  private static Activation refusal(Path directory, Throwable failure) {
    return switch (failure) {
      case SpaceRefused refused -> new Activation.Refused(String.valueOf(refused.getMessage()));
      case IllegalArgumentException refused ->
          new Activation.Refused(String.valueOf(refused.getMessage()));
      default -> {
        LOG.error("the space in {} could not be opened", directory, failure);
        yield new Activation.Refused("it could not be opened; the gateway's log has more");
      }
    };
  }

  private void note(Activation activation) {
    switch (activation) {
      case Activation.Activated done ->
          LOG.info(
              "space {} answers in place of {}: {} golden requests passed, {} ms",
              done.to(),
              done.from(),
              done.goldenRequests(),
              done.took().toMillis());
      case Activation.Refused(var why) -> LOG.warn("no other space was activated: {}", why);
      case Activation.Busy(var why) -> LOG.warn("no other space was activated: {}", why);
    }
    Counter.builder("trawl.space.activations")
        .description("Attempts to serve another space")
        .tag("ended", activation.getClass().getSimpleName().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
  }

  /** Ends when the last request has; none may come any more. */
  public synchronized Future<Void> close() {
    closed = true;
    return current.close();
  }
}
