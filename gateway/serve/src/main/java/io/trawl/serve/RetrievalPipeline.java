package io.trawl.serve;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.Item;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Stage;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.SearchResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The order of a request, and nothing else: check it against the space, find the eligible items,
 * get query vectors from the backbone, search, answer. Objectives run side by side. The steps
 * themselves live in the classes named here.
 */
public final class RetrievalPipeline implements Retriever {

  /** When there was no room: long enough for a queue of searches to drain. */
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(RetrievalPipeline.class);

  private final Vertx vertx;
  private final ServingSpace space;
  private final Backbone backbone;
  private final SearchPlanner plans;
  private final SearchDriver driver;
  private final SearchOptions options;
  private final Ticker ticker;
  private final InstantSource clock;
  private final PipelineMetrics metrics;

  /**
   * @param clock the request time of requests that bring none
   * @param seeds the seed of requests that bring none
   */
  public RetrievalPipeline(
      Vertx vertx,
      ServingSpace space,
      Backbone backbone,
      ComputePool pool,
      SearchOptions options,
      Ticker ticker,
      InstantSource clock,
      LongSupplier seeds,
      MeterRegistry registry) {
    this.vertx = vertx;
    this.space = space;
    this.backbone = backbone;
    this.plans = new SearchPlanner(space, options, seeds);
    this.driver = new SearchDriver(vertx, pool, ticker);
    this.options = options;
    this.ticker = ticker;
    this.clock = clock;
    this.metrics = new PipelineMetrics(registry);
  }

  @Override
  public SpaceId space() {
    return space.id();
  }

  @Override
  public List<Objective> objectives() {
    return space.objectives();
  }

  @Override
  public Optional<Item> item(String id) {
    return space.item(id);
  }

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation caller) {
    if (deadline.passed(ticker)) {
      return Future.succeededFuture(new RetrievalOutcome.Expired("admission"));
    }
    return switch (plans.plan(request)) {
      case SearchPlan.Refused refused ->
          Future.succeededFuture(new RetrievalOutcome.Invalid(refused.violations()));
      case SearchPlan.Accepted plan -> new Run(request, plan, deadline).start(caller);
    };
  }

  /**
   * One request on its way. Its first ending wins: the answer, an objective that failed, the
   * deadline, or the caller who left; whichever it is ends all other work of the request.
   */
  private final class Run {

    private final RetrievalRequest request;
    private final SearchPlan.Accepted plan;
    private final Deadline deadline;
    private final Cancellation work = new Cancellation();
    private final Context context = vertx.getOrCreateContext();
    private final Promise<RetrievalOutcome> outcome = Promise.promise();
    private final Map<Stage, Long> stageNanos = new EnumMap<>(Stage.class);

    Run(RetrievalRequest request, SearchPlan.Accepted plan, Deadline deadline) {
      this.request = request;
      this.plan = plan;
      this.deadline = deadline;
    }

    Future<RetrievalOutcome> start(Cancellation caller) {
      var registration =
          caller.onCancel(() -> context.runOnContext(_ -> end(new RetrievalOutcome.Cancelled())));
      var timer =
          vertx.setTimer(
              Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline.leftNanos(ticker))),
              _ -> end(new RetrievalOutcome.Expired("search")));
      answer();
      return outcome
          .future()
          .onComplete(
              ended -> {
                vertx.cancelTimer(timer);
                registration.close();
                work.cancel();
                metrics.ended(ended.result());
              });
    }

    private void answer() {
      var eligible = eligible();
      var lists = request.objectives().stream().map(one -> list(one, eligible)).toList();
      Future.all(lists)
          .onSuccess(_ -> end(answered(lists)))
          .onFailure(
              failure -> {
                switch (failure) {
                  case Ended ended -> end(ended.outcome);
                  case SearchDriver.NoRoom _ -> end(shed("no search finds room now"));
                  default -> end(broken(failure));
                }
              });
    }

    /** Without a filter there is only a bitmap to fill: less work than to wait for a thread. */
    private Future<ItemSet> eligible() {
      var start = ticker.nanos();
      var items =
          request.filter() == null
              ? Future.succeededFuture(space.eligible(request))
              : driver.compute(() -> space.eligible(request));
      return items.onSuccess(_ -> spent(Stage.ELIGIBLE, ticker.nanos() - start));
    }

    private Future<ObjectiveRetrieval> list(ObjectiveRequest objective, Future<ItemSet> eligible) {
      var encode = new EncodeRequest(request.id(), objective, request.user(), now());
      return backbone
          .encode(encode, deadline, work)
          .compose(
              outcome ->
                  switch (outcome) {
                    case EncodeOutcome.Encoded encoded ->
                        eligible.compose(items -> search(objective, encoded, items));
                    case EncodeOutcome.Overloaded full -> new Ended(shed(full.why())).future();
                    case EncodeOutcome.Expired _ ->
                        new Ended(new RetrievalOutcome.Expired("backbone")).future();
                    case EncodeOutcome.Cancelled _ ->
                        new Ended(new RetrievalOutcome.Cancelled()).future();
                    case EncodeOutcome.Failed failed ->
                        new Ended(new RetrievalOutcome.EncodeFailed(failed.why())).future();
                  });
    }

    private Future<ObjectiveRetrieval> search(
        ObjectiveRequest objective, EncodeOutcome.Encoded encoded, ItemSet eligible) {
      spent(Stage.PROMPT, encoded.promptNanos());
      spent(Stage.BACKBONE, encoded.backboneNanos());
      var start = ticker.nanos();
      var search = plan.start(encoded.queries(), request.k(), eligible);
      return driver
          .run(search, space.neighbours(), deadline.earlier(options.answerReserve()), work)
          .compose(
              found -> {
                spent(Stage.SEARCH, ticker.nanos() - start);
                return found.itemsScored() == 0 && !found.finished()
                    ? new Ended(new RetrievalOutcome.Expired("search")).future()
                    : Future.succeededFuture(ranked(objective, encoded, found));
              });
    }

    private ObjectiveRetrieval ranked(
        ObjectiveRequest objective, EncodeOutcome.Encoded encoded, SearchResult found) {
      return new ObjectiveRetrieval(
          objective.name(),
          space.ranked(found),
          plan.engine().name(),
          plan.seed(),
          found.rounds(),
          found.itemsScored(),
          found.bytesRead(),
          encoded.behavioursSkipped(),
          Labels.of(plan, request.k(), encoded, found));
    }

    private RetrievalOutcome answered(List<Future<ObjectiveRetrieval>> lists) {
      var ranked = lists.stream().map(Future::result).toList();
      return new RetrievalOutcome.Answered(
          new Retrieval(request.id(), space.id(), ranked, stageNanos));
    }

    private RetrievalOutcome broken(Throwable failure) {
      LOG.error("request {} met a broken promise", request.id(), failure);
      return new RetrievalOutcome.Failed();
    }

    private Instant now() {
      return request.now() == null ? clock.instant() : request.now();
    }

    /** Of objectives that run side by side the slowest counts. */
    private void spent(Stage stage, long nanos) {
      stageNanos.merge(stage, nanos, Math::max);
    }

    private void end(RetrievalOutcome how) {
      outcome.tryComplete(how);
    }
  }

  private static RetrievalOutcome shed(String why) {
    return new RetrievalOutcome.Shed(why, RETRY_AFTER);
  }

  /** Carries an outcome past the steps that no longer happen. */
  private static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient RetrievalOutcome outcome;

    Ended(RetrievalOutcome outcome) {
      super(null, null, false, false);
      this.outcome = outcome;
    }

    <T> Future<T> future() {
      return Future.failedFuture(this);
    }
  }
}
