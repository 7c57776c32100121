package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Leg;
import io.trawl.domain.MergedList;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.serve.ListFinder.Eligible;
import io.trawl.serve.ListFinder.Query;
import io.trawl.serve.ListFinder.Scope;
import io.trawl.serve.search.SearchDriver;
import io.trawl.serve.search.SearchTask;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.NeighbourPlane;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.serve.source.PlaneOptions;
import io.trawl.serve.source.Uses;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The order of a request, and nothing else: check it against the space, find the eligible items,
 * get query vectors from the backbone, search, answer. Objectives run side by side. The steps
 * themselves live in the classes named here.
 */
public final class RetrievalPipeline {

  private final SearchableSpace space;
  private final SharedParts parts;
  private final Uses uses;
  private final SearchPlanner plans;
  private final Encoding encoding;
  private final SearchDriver driver;
  private final ListFinder finder;
  private final FirstEnding endings;
  private final PipelineMetrics metrics;
  private final SearchTask.Scheduler scheduler;
  private final NeighbourSource neighbours;

  /**
   * @param uses of the space: the caller holds one for as long as a request is not answered; work
   *     that may outlast its request is one of its own
   */
  public RetrievalPipeline(SearchableSpace space, Backbone backbone, SharedParts parts, Uses uses) {
    this.space = space;
    this.parts = parts;
    this.uses = uses;
    this.plans = new SearchPlanner(space, parts.search(), parts.seeds());
    this.encoding = new Encoding(backbone, parts.clock());
    this.driver = new SearchDriver(parts.vertx(), parts.pool(), parts.ticker());
    this.metrics = new PipelineMetrics(parts.registry());
    this.finder = new ListFinder(space, driver, parts.search(), metrics);
    this.endings =
        new FirstEnding(parts.vertx(), parts.ticker(), space.soundness(), parts.registry());
    this.scheduler = driver.alone();
    this.neighbours = space.neighbours();
  }

  /** The same for requests that share seed, threads and neighbours. */
  private RetrievalPipeline(RetrievalPipeline alone, NeighbourSource neighbours) {
    var seed = alone.parts.seeds().getAsLong();
    this.space = alone.space;
    this.parts = alone.parts;
    this.uses = alone.uses;
    this.plans = new SearchPlanner(space, parts.search(), () -> seed);
    this.encoding = alone.encoding;
    this.driver = alone.driver;
    this.metrics = alone.metrics;
    this.finder = alone.finder;
    this.endings = alone.endings;
    this.scheduler = driver.together();
    this.neighbours = neighbours;
  }

  /** As {@link Retriever#cost}. */
  public double cost(Retriever.Asked asked) {
    return plans.cost(asked);
  }

  /** As {@link Retriever#compute}. */
  public <T> Future<T> compute(Supplier<T> work) {
    return driver.compute(work);
  }

  /** As {@link Retriever#waitsLong}. */
  public boolean waitsLong() {
    return parts.pool().waitsLong();
  }

  /** As {@link Retriever#retrieve}. */
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation caller) {
    return retrieve(request, deadline, caller, null);
  }

  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request,
      Deadline deadline,
      Cancellation caller,
      @Nullable ObjIntConsumer<ObjectiveRetrieval> rounds) {
    return endings
        .of(
            request.id(),
            deadline,
            caller,
            toEncode(request),
            steps ->
                plans.plan(request).then(plan -> lists(request, plan, deadline, steps, rounds)))
        .onSuccess(metrics::ended);
  }

  /** How many lists need query vectors. */
  private static int toEncode(RetrievalRequest request) {
    return (int) request.objectives().stream().filter(one -> one.leg() != Leg.LEXICAL).count();
  }

  private Future<RetrievalOutcome> lists(
      RetrievalRequest request,
      SearchPlan.Accepted plan,
      Deadline deadline,
      FirstEnding.Steps steps,
      @Nullable ObjIntConsumer<ObjectiveRetrieval> rounds) {
    var scope = scope(deadline, steps.cancellation(), request.explain());
    var eligible =
        uses.within(() -> finder.eligible(request.filter(), request.notReturned(), scope));
    List<Future<ObjectiveRetrieval>> lists = new ArrayList<>();
    for (int i = 0; i < request.objectives().size(); i++) {
      var objective = request.objectives().get(i);
      var place = i;
      var own =
          rounds == null ? scope : scope.telling(list -> rounds.accept(labelled(list), place));
      lists.add(
          uses.within(
              () -> list(request, objective, plan, eligible, own, steps).map(this::labelled)));
    }
    return Future.all(lists)
        .map(_ -> lists.stream().map(Future::result).toList())
        .map(
            found ->
                answered(request.id(), found, ListMerge.merge(request, found), List.of(), scope));
  }

  private ObjectiveRetrieval labelled(ObjectiveRetrieval list) {
    return Labels.under(space.objective(list.objective()).orElseThrow(), list);
  }

  private Future<ObjectiveRetrieval> list(
      RetrievalRequest request,
      ObjectiveRequest objective,
      SearchPlan.Accepted plan,
      Future<Eligible> eligible,
      Scope scope,
      FirstEnding.Steps steps) {
    var known = space.objective(objective.name()).orElseThrow();
    var allowed =
        uses.within(
            () ->
                eligible.compose(
                    items -> finder.under(known, request.user().history(), items, scope)));
    var words = words(request, objective, known, allowed, scope);
    if (words != null && objective.leg() == Leg.LEXICAL) {
      return words.compose(
          part -> finder.byWords(objective.name(), request, plan, allowed.result(), part, scope));
    }
    return encoding
        .target(request, objective, scope, steps)
        .compose(
            target ->
                allowed.map(
                    items ->
                        new Query(
                            objective.name(),
                            plan,
                            target,
                            items,
                            words,
                            known.rules().lexicalWeight(),
                            request.k(),
                            request.explain())))
        .compose(query -> finder.find(query, scope));
  }

  /** Looks for the words of a text while the backbone is asked; null where nobody wants that. */
  private @Nullable Future<LexicalLeg.Part> words(
      RetrievalRequest request,
      ObjectiveRequest asked,
      Objective objective,
      Future<Eligible> allowed,
      Scope scope) {
    var text = asked.text();
    return text == null || !objective.rules().lexical() || asked.leg() == Leg.DENSE
        ? null
        : uses.within(
            () ->
                allowed.compose(
                    items -> finder.words(asked.name(), text, request.k(), items, scope)));
  }

  /** As {@link Retriever#search}. */
  public Future<RetrievalOutcome> search(
      SearchQuery asked, Deadline deadline, Cancellation caller) {
    return endings
        .of(
            asked.id(),
            deadline,
            caller,
            0,
            steps ->
                plans
                    .plan(asked)
                    .then(
                        plan ->
                            uses.within(() -> list(asked, plan, deadline, steps.cancellation()))))
        .onSuccess(metrics::ended);
  }

  private Future<RetrievalOutcome> list(
      SearchQuery asked, SearchPlan.Accepted plan, Deadline deadline, Cancellation work) {
    var scope = scope(deadline, work, asked.explain());
    return Likeness.target(space, asked.by(), scope)
        .compose(
            target ->
                finder
                    .eligible(asked.filter(), asked.notReturned(), scope)
                    .map(
                        items ->
                            new Query("", plan, target, items, null, 1, asked.k(), asked.explain()))
                    .compose(query -> finder.find(query, scope))
                    .map(
                        list ->
                            answered(asked.id(), List.of(list), null, target.skipped(), scope)));
  }

  private Scope scope(Deadline deadline, Cancellation work, boolean explain) {
    return new Scope(
        scheduler, neighbours, deadline, work, new Timeline(parts.ticker(), explain), null);
  }

  private RetrievalOutcome answered(
      String id,
      List<ObjectiveRetrieval> lists,
      @Nullable MergedList merged,
      List<String> skipped,
      Scope scope) {
    var timeline = scope.timeline();
    return new RetrievalOutcome.Answered(
        new Retrieval(
            id, space.id(), lists, merged, timeline.stageNanos(), timeline.spans(), skipped));
  }

  /**
   * As {@link Retriever#batch}.
   *
   * @param lease a use of the space, the batch's to end from then on
   */
  public RetrievalBatch batch(Deadline latest, Uses.Lease lease) {
    var plane =
        new NeighbourPlane(
            parts.vertx(), space.neighbours(), PlaneOptions.unbounded(), parts.ticker());
    // No fetch may end sooner because the search that asked first was in a hurry.
    NeighbourSource shared =
        (ordinals, count, _, work) -> plane.neighbours(ordinals, count, latest, work);
    return new PlaneBatch(new RetrievalPipeline(this, shared), plane, uses, lease);
  }
}
