package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Filter;
import io.trawl.domain.Item;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Stage;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.ListFinder.Asker;
import io.trawl.serve.ListFinder.Wanted;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The order of a request, and nothing else: check it against the space, find the eligible items,
 * get query vectors from the backbone, search, answer. Objectives run side by side. The steps
 * themselves live in the classes named here.
 */
final class RetrievalPipeline implements Retriever {

  private final ServingSpace space;
  private final Backbone backbone;
  private final SearchOptions options;
  private final LongSupplier seeds;
  private final SearchPlanner plans;
  private final SearchDriver driver;
  private final ListFinder finder;
  private final FirstEnding endings;
  private final Vertx vertx;
  private final Ticker ticker;
  private final InstantSource clock;
  private final PipelineMetrics metrics;
  private final Uses uses;

  /**
   * @param uses of the space: the caller holds one for as long as a request is not answered; work
   *     that may outlast its request is one of its own
   */
  RetrievalPipeline(ServingSpace space, Backbone backbone, SharedParts parts, Uses uses) {
    this.vertx = parts.vertx();
    this.space = space;
    this.backbone = backbone;
    this.options = parts.search();
    this.seeds = parts.seeds();
    this.plans = new SearchPlanner(space, options, seeds);
    this.driver = new SearchDriver(parts.vertx(), parts.pool(), parts.ticker());
    this.metrics = new PipelineMetrics(parts.registry());
    this.finder = new ListFinder(space, driver, options, metrics);
    this.endings = new FirstEnding(parts.vertx(), parts.ticker());
    this.ticker = parts.ticker();
    this.clock = parts.clock();
    this.uses = uses;
  }

  @Override
  public SpaceId space() {
    return space.id();
  }

  @Override
  public OfSpace<List<Objective>> objectives() {
    return new OfSpace<>(space.id(), space.objectives());
  }

  @Override
  public OfSpace<Optional<Item>> item(String id) {
    return new OfSpace<>(space.id(), space.item(id));
  }

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation caller) {
    return retrieve(request, deadline, caller, plans, alone(), null);
  }

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request,
      Deadline deadline,
      Cancellation caller,
      ObjIntConsumer<ObjectiveRetrieval> rounds) {
    return retrieve(request, deadline, caller, plans, alone(), rounds);
  }

  /** How the searches of a call run. */
  private record Company(SearchTask.Scheduler scheduler, NeighbourSource neighbours) {}

  private Company alone() {
    return new Company(driver.alone(), space.neighbours());
  }

  /** One seed for all that bring none, so that they score the same sample. */
  @Override
  public RetrievalBatch batch(Deadline latest) {
    var seed = seeds.getAsLong();
    var sameSeed = new SearchPlanner(space, options, () -> seed);
    var plane = new NeighbourPlane(vertx, space.neighbours(), PlaneOptions.unbounded(), ticker);
    // No fetch may end sooner because the search that asked first was in a hurry.
    NeighbourSource shared =
        (ordinals, count, _, cancellation) ->
            plane.neighbours(ordinals, count, latest, cancellation);
    var company = new Company(driver.together(), shared);
    return new RetrievalBatch() {
      @Override
      public Future<RetrievalOutcome> retrieve(
          RetrievalRequest request, Deadline deadline, Cancellation cancellation) {
        return RetrievalPipeline.this.retrieve(
            request, deadline, cancellation, sameSeed, company, null);
      }

      @Override
      public long neighboursAsked() {
        return plane.asked();
      }

      @Override
      public long neighboursFetched() {
        return plane.fetched();
      }

      @Override
      public void close() {}
    };
  }

  private Future<RetrievalOutcome> retrieve(
      RetrievalRequest request,
      Deadline deadline,
      Cancellation caller,
      SearchPlanner planner,
      Company company,
      @Nullable ObjIntConsumer<ObjectiveRetrieval> rounds) {
    return endings
        .of(
            request.id(),
            deadline,
            caller,
            request.objectives().size(),
            steps -> {
              var work = steps.cancellation();
              var asker =
                  new Asker(
                      company.scheduler(),
                      company.neighbours(),
                      deadline,
                      work,
                      new Timeline(ticker, request.explain()),
                      null);
              return planned(
                  planner.plan(request), plan -> answer(request, plan, asker, rounds, steps));
            })
        .onSuccess(metrics::ended);
  }

  private static Future<RetrievalOutcome> planned(
      SearchPlan plan, Function<SearchPlan.Accepted, Future<RetrievalOutcome>> then) {
    return switch (plan) {
      case SearchPlan.Refused(var violations) ->
          FirstEnding.ended(new RetrievalOutcome.Invalid(violations));
      case SearchPlan.Accepted accepted -> then.apply(accepted);
    };
  }

  /** Tells the rounds of one objective, while somebody waits for the answer. */
  private static Asker telling(
      Asker asker, int objective, @Nullable ObjIntConsumer<ObjectiveRetrieval> rounds) {
    return rounds == null
        ? asker
        : asker.telling(
            list -> {
              if (!asker.cancellation().cancelled()) {
                rounds.accept(list, objective);
              }
            });
  }

  private Future<RetrievalOutcome> answer(
      RetrievalRequest request,
      SearchPlan.Accepted plan,
      Asker asker,
      @Nullable ObjIntConsumer<ObjectiveRetrieval> rounds,
      FirstEnding.Steps steps) {
    var excluded = excluded(request);
    var eligible = eligible(request.filter(), excluded, asker.timeline());
    List<Future<ObjectiveRetrieval>> lists = new ArrayList<>();
    for (int i = 0; i < request.objectives().size(); i++) {
      var objective = request.objectives().get(i);
      var own = telling(asker, i, rounds);
      lists.add(uses.within(() -> list(request, objective, plan, excluded, eligible, own, steps)));
    }
    return Future.all(lists).map(_ -> answered(request, lists, asker.timeline()));
  }

  private int[] excluded(RetrievalRequest request) {
    var excluded = new HashSet<>(request.excludedItems());
    if (request.excludeHistory()) {
      request.user().history().forEach(behaviour -> excluded.add(behaviour.itemId()));
    }
    return space.ordinals(excluded);
  }

  /** Only a filter looks at every item, and on the compute pool. */
  private Future<ItemSet> eligible(@Nullable Filter filter, int[] excluded, Timeline timeline) {
    var from = timeline.now();
    var items =
        filter == null
            ? Future.succeededFuture(space.everything())
            : uses.within(() -> driver.compute(() -> space.matching(filter)));
    return items
        .map(matching -> matching.without(excluded))
        .onSuccess(_ -> timeline.spent(Stage.ELIGIBLE, "", from, timeline.now()));
  }

  private Future<ObjectiveRetrieval> list(
      RetrievalRequest request,
      ObjectiveRequest objective,
      SearchPlan.Accepted plan,
      int[] excluded,
      Future<ItemSet> eligible,
      Asker asker,
      FirstEnding.Steps steps) {
    var from = asker.timeline().now();
    return backbone
        .encode(
            new EncodeRequest(request.id(), objective, request.user(), now(request)),
            asker.deadline(),
            asker.cancellation())
        .compose(
            outcome ->
                switch (outcome) {
                  case EncodeOutcome.Encoded encoded -> {
                    steps.encoded();
                    encoded(objective.name(), encoded, from, asker.timeline());
                    yield eligible.compose(
                        items ->
                            finder.find(
                                wanted(request, objective, plan, encoded, excluded, items), asker));
                  }
                  case EncodeOutcome.Overloaded(var why) ->
                      FirstEnding.ended(FirstEnding.shed(why));
                  case EncodeOutcome.Expired() ->
                      FirstEnding.ended(new RetrievalOutcome.Expired("backbone"));
                  case EncodeOutcome.Cancelled() ->
                      FirstEnding.ended(new RetrievalOutcome.Cancelled());
                  case EncodeOutcome.Failed(var why) ->
                      FirstEnding.ended(new RetrievalOutcome.EncodeFailed(why));
                });
  }

  private static void encoded(
      String objective, EncodeOutcome.Encoded encoded, long from, Timeline timeline) {
    var sent = from + encoded.promptNanos();
    timeline.spent(Stage.PROMPT, objective, from, sent);
    timeline.spent(Stage.BACKBONE, objective, sent, sent + encoded.backboneNanos());
  }

  private Instant now(RetrievalRequest request) {
    return request.now() == null ? clock.instant() : request.now();
  }

  private Wanted wanted(
      RetrievalRequest request,
      ObjectiveRequest objective,
      SearchPlan.Accepted plan,
      EncodeOutcome.Encoded encoded,
      int[] excluded,
      ItemSet eligible) {
    return new Wanted(
        objective.name(),
        plan,
        encoded.queries(),
        new int[0],
        request.k(),
        eligible,
        request.filter(),
        excluded,
        request.explain(),
        encoded.behavioursSkipped(),
        Labels.of(encoded));
  }

  private RetrievalOutcome answered(
      RetrievalRequest request, List<Future<ObjectiveRetrieval>> futures, Timeline timeline) {
    var lists = futures.stream().map(Future::result).toList();
    var merge = request.merge();
    var merged =
        merge == null ? null : ListMerge.merge(merge, request.objectives(), lists, request.k());
    return new RetrievalOutcome.Answered(
        new Retrieval(
            request.id(),
            space.id(),
            lists,
            merged,
            timeline.stageNanos(),
            timeline.spans(),
            List.of()));
  }

  @Override
  public Future<RetrievalOutcome> search(
      SearchQuery query, Deadline deadline, Cancellation caller) {
    return endings
        .of(
            query.id(),
            deadline,
            caller,
            0,
            steps ->
                planned(
                    plans.plan(query),
                    plan -> uses.within(() -> search(query, plan, deadline, steps.cancellation()))))
        .onSuccess(metrics::ended);
  }

  private Future<RetrievalOutcome> search(
      SearchQuery query, SearchPlan.Accepted plan, Deadline deadline, Cancellation work) {
    var timeline = new Timeline(ticker, query.explain());
    var company = alone();
    var asker =
        new Asker(company.scheduler(), company.neighbours(), deadline, work, timeline, null);
    return switch (query.by()) {
      case By.Vectors(var vectors) ->
          search(query, plan, target(vectors), space.ordinals(query.excludedItems()), asker);
      case By.Likeness likeness ->
          switch (Likeness.resolve(space, likeness)) {
            case Likeness.Resolved.Refused(var violations) ->
                FirstEnding.ended(new RetrievalOutcome.Invalid(violations));
            case Likeness.Resolved.Known known -> {
              var excluded = new HashSet<>(query.excludedItems());
              excluded.addAll(likeness.items());
              excluded.addAll(likeness.unlike());
              yield target(known, asker)
                  .compose(target -> search(query, plan, target, space.ordinals(excluded), asker));
            }
          };
    };
  }

  private Future<Likeness.Target> target(Likeness.Resolved.Known known, Asker asker) {
    return space
        .vectors()
        .vectors(known.ordinals(), asker.deadline(), asker.cancellation())
        .recover(
            failure -> FirstEnding.ended(new RetrievalOutcome.SearchFailed(Labels.why(failure))))
        .compose(
            rows ->
                known
                    .target(rows)
                    .map(Future::succeededFuture)
                    .orElseGet(
                        () ->
                            FirstEnding.ended(
                                new RetrievalOutcome.Invalid(List.of(Likeness.NOTHING_LEFT)))));
  }

  private static Likeness.Target target(List<float[]> vectors) {
    var width = vectors.getFirst().length;
    var values = new float[vectors.size() * width];
    for (var i = 0; i < vectors.size(); i++) {
      System.arraycopy(vectors.get(i), 0, values, i * width, width);
    }
    return new Likeness.Target(
        new QueryVectors(values, vectors.size(), width), new int[0], List.of());
  }

  private Future<RetrievalOutcome> search(
      SearchQuery query,
      SearchPlan.Accepted plan,
      Likeness.Target target,
      int[] excluded,
      Asker asker) {
    var timeline = asker.timeline();
    return eligible(query.filter(), excluded, timeline)
        .compose(
            items ->
                finder.find(
                    new Wanted(
                        "",
                        plan,
                        target.queries(),
                        target.entries(),
                        query.k(),
                        items,
                        query.filter(),
                        excluded,
                        query.explain(),
                        0,
                        List.of()),
                    asker))
        .map(
            list ->
                new RetrievalOutcome.Answered(
                    new Retrieval(
                        query.id(),
                        space.id(),
                        List.of(list),
                        null,
                        timeline.stageNanos(),
                        timeline.spans(),
                        target.skipped())));
  }
}
