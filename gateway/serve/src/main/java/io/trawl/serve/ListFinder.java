package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Degradation;
import io.trawl.domain.EngineName;
import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Round;
import io.trawl.domain.Stage;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds one list: picks the engine that suits the eligible items, searches, fills up what an
 * exploration left short, and says why each item is there.
 */
final class ListFinder {

  private final ServingSpace space;
  private final SearchDriver driver;
  private final SearchOptions options;
  private final PipelineMetrics metrics;

  ListFinder(
      ServingSpace space, SearchDriver driver, SearchOptions options, PipelineMetrics metrics) {
    this.space = space;
    this.driver = driver;
    this.options = options;
    this.metrics = metrics;
  }

  /**
   * What is to be found.
   *
   * @param objective whose list it is, empty for none
   * @param entries where an exploration enters besides its sample
   * @param filter what made {@code eligible}, null without one
   * @param excluded ordinals that are not eligible whatever the filter says, ascending
   * @param left what is left out already
   */
  record Wanted(
      String objective,
      SearchPlan.Accepted plan,
      QueryVectors queries,
      int[] entries,
      int k,
      ItemSet eligible,
      @Nullable Filter filter,
      int[] excluded,
      boolean explain,
      int behavioursSkipped,
      List<Degradation> left) {}

  /**
   * Whom it is for.
   *
   * @param rounds told the list after each round but the last; null where nobody listens
   */
  record Asker(
      SearchTask.Scheduler scheduler,
      NeighbourSource neighbours,
      Deadline deadline,
      Cancellation cancellation,
      Timeline timeline,
      @Nullable Consumer<ObjectiveRetrieval> rounds) {

    /** The same, told of rounds. */
    Asker telling(Consumer<ObjectiveRetrieval> told) {
      return new Asker(scheduler, neighbours, deadline, cancellation, timeline, told);
    }
  }

  /** Fails with {@link FirstEnding#ended} where there is no list at all to give. */
  Future<ObjectiveRetrieval> find(Wanted wanted, Asker asker) {
    var engine = engine(wanted);
    var from = asker.timeline().now();
    return search(wanted, asker, engine, from)
        .compose(found -> withoutIndex(wanted, asker, found))
        .compose(
            found -> {
              report(wanted, asker, from, found.run());
              return isShort(wanted, found.run())
                  ? filled(wanted, asker, found)
                  : Future.succeededFuture(found);
            })
        .compose(
            found -> {
              asker
                  .timeline()
                  .spent(Stage.SEARCH, wanted.objective(), from, asker.timeline().now());
              var ending = ending(found);
              return ending == null
                  ? Future.succeededFuture(list(wanted, found))
                  : FirstEnding.ended(ending);
            });
  }

  /**
   * What was found.
   *
   * @param engine that found it
   * @param runs the search, then a scan where that left the list short
   * @param left what came to be left out on the way
   */
  private record Found(Engine engine, List<SearchRun> runs, List<Degradation> left) {
    SearchRun run() {
      return runs.getFirst();
    }
  }

  /** An index that gave no hits at all leaves the space's own graph to search with. */
  private Future<Found> withoutIndex(Wanted wanted, Asker asker, Found found) {
    var failure = found.run().starvedBy();
    var nothing = found.run().result().rounds() == 0;
    var graph = space.reserve();
    if (failure == null || !nothing || graph.isEmpty() || isExploration(found.engine())) {
      return Future.succeededFuture(found);
    }
    var label = Labels.withoutMilvus("the space's own graph served the search", failure);
    var explore = space.localEngine(wanted.plan().measure());
    return driver
        .run(job(wanted, asker, explore, wanted.eligible(), graph.get()), asker.scheduler())
        .map(run -> new Found(explore, List.of(run), List.of(label)));
  }

  private static boolean isExploration(Engine engine) {
    return engine.name() == EngineName.EXPLORE;
  }

  /** Why there is no list to give; null where there is one. */
  private static @Nullable RetrievalOutcome ending(Found found) {
    var run = found.run();
    var result = run.result();
    var failure = run.starvedBy();
    // An exploration's first round is a blind sample: no neighbours ever came.
    var blind = isExploration(found.engine()) ? 1 : 0;
    if (failure != null && result.rounds() <= blind) {
      return new RetrievalOutcome.SearchFailed(Labels.why(failure));
    }
    return result.itemsScored() == 0 && !result.finished()
        ? new RetrievalOutcome.Expired("search")
        : null;
  }

  /** Where the caller names none, a filter may have a better one. */
  private Engine engine(Wanted wanted) {
    var plan = wanted.plan();
    if (wanted.filter() == null || plan.engineNamed()) {
      return plan.engine();
    }
    var few = wanted.eligible().size() <= plan.settings().mostItemsScored();
    return space.forFilter(plan.measure(), few).orElse(plan.engine());
  }

  private Future<Found> search(Wanted wanted, Asker asker, Engine engine, long readyNanos) {
    var neighbours =
        new BackedNeighbours(asker.neighbours(), space.fallback(), asker.timeline()::now);
    return driver
        .run(job(wanted, asker, engine, wanted.eligible(), neighbours), asker.scheduler())
        .map(
            run -> {
              asker.timeline().piece("queue", wanted.objective(), readyNanos, run.startNanos());
              return new Found(engine, List.of(run), left(run, neighbours));
            });
  }

  /** Says so where something outside failed and the list was made all the same. */
  private static List<Degradation> left(SearchRun run, BackedNeighbours neighbours) {
    var starvedBy = run.starvedBy();
    if (starvedBy != null) {
      return List.of(Labels.withoutMilvus("the list is what was found before", starvedBy));
    }
    var failure = neighbours.failure();
    return failure == null
        ? List.of()
        : List.of(Labels.withoutMilvus("the space's own graph gave neighbours", failure));
  }

  private SearchTask.Job job(
      Wanted wanted, Asker asker, Engine engine, ItemSet eligible, NeighbourSource neighbours) {
    var plan = wanted.plan();
    var deadline = asker.deadline().earlier(options.answerReserve());
    var request =
        new SearchRequest(
            wanted.queries(),
            wanted.k(),
            eligible,
            plan.seed(),
            plan.settings(),
            wanted.entries(),
            wanted.explain(),
            plan.mostRead());
    return new SearchTask.Job(
        () -> engine.start(request),
        wanted.explain(),
        need -> fetch(need, wanted, asker, neighbours, deadline),
        deadline,
        asker.cancellation(),
        listener(wanted, asker, engine));
  }

  private Future<? extends Search.Answer> fetch(
      Search.Step.Need need,
      Wanted wanted,
      Asker asker,
      NeighbourSource neighbours,
      Deadline deadline) {
    return switch (need) {
      case Search.Step.NeedNeighbours(var ordinals, var count) ->
          neighbours
              .neighbours(ordinals, count, deadline, asker.cancellation())
              .map(Search.Answer.Neighbours::new);
      case Search.Step.NeedHits(var queryVectors, var limit) ->
          space
              .hits()
              .hits(
                  new HitSource.Query(
                      wanted.queries().rows(queryVectors),
                      limit,
                      wanted.filter(),
                      wanted.excluded(),
                      wanted.eligible()),
                  forHits(deadline, asker),
                  asker.cancellation());
      case Search.Step.NeedVectors(var ordinals) ->
          space
              .vectors()
              .vectors(ordinals, deadline, asker.cancellation())
              .map(Search.Answer.Vectors::new);
    };
  }

  /** With a graph to fall back on the index gets half of the time, so that some is left for it. */
  private Deadline forHits(Deadline deadline, Asker asker) {
    return space.reserve().isPresent()
        ? BackedNeighbours.half(deadline, asker.timeline()::now)
        : deadline;
  }

  private @Nullable Consumer<SearchResult> listener(Wanted wanted, Asker asker, Engine engine) {
    var rounds = asker.rounds();
    return rounds == null
        ? null
        : best ->
            rounds.accept(
                ranked(wanted, engine, best, space.ranked(best, null), List.of(), List.of()));
  }

  /** Every eligible item that an exploration meets is in a list that did not get full. */
  private static boolean isShort(Wanted wanted, SearchRun run) {
    var found = run.result();
    return found.finished()
        && found.ordinals().length < wanted.k()
        && found.ordinals().length < wanted.eligible().size();
  }

  private Future<Found> filled(Wanted wanted, Asker asker, Found found) {
    return space instanceof ServingSpace.Held held
        ? fill(wanted, asker, found, held.exact(wanted.plan().measure()))
        : Future.succeededFuture(found);
  }

  /** Scans the eligible items that the search did not meet. */
  private Future<Found> fill(Wanted wanted, Asker asker, Found found, Engine exact) {
    var unmet = wanted.eligible().without(found.run().result().ordinals());
    var from = asker.timeline().now();
    return driver
        .run(job(wanted, asker, exact, unmet, asker.neighbours()), asker.scheduler())
        .map(
            scan -> {
              var timeline = asker.timeline();
              timeline.piece("queue", wanted.objective(), from, scan.startNanos());
              timeline.piece("fill", wanted.objective(), scan.startNanos(), scan.endNanos());
              return new Found(found.engine(), List.of(found.run(), scan), found.left());
            });
  }

  private static void report(Wanted wanted, Asker asker, long from, SearchRun run) {
    var start = Math.max(from, run.startNanos());
    for (var end : run.roundEndNanos()) {
      asker.timeline().piece("round", wanted.objective(), start, end);
      start = end;
    }
  }

  private ObjectiveRetrieval list(Wanted wanted, Found found) {
    var union = SearchUnion.of(found.runs(), wanted.k());
    var labels = new ArrayList<>(wanted.left());
    labels.addAll(found.left());
    if (space instanceof ServingSpace.Fetched) {
      labels.add(Labels.vectorsFromMilvus(wanted.plan(), found.engine(), union.result()));
      metrics.fetched(union.result(), wanted.plan().narrowed() && isExploration(found.engine()));
    }
    labels.addAll(Labels.of(found.engine(), wanted.k(), union.result()));
    return ranked(
        wanted,
        found.engine(),
        union.result(),
        space.ranked(union.result(), union.explanation()),
        labels,
        union.rounds());
  }

  private static ObjectiveRetrieval ranked(
      Wanted wanted,
      Engine engine,
      SearchResult found,
      List<RankedItem> items,
      List<Degradation> labels,
      List<Round> trace) {
    return new ObjectiveRetrieval(
        wanted.objective(),
        items,
        engine.name().label(),
        wanted.plan().seed(),
        found.rounds(),
        found.itemsScored(),
        found.bytesRead(),
        wanted.behavioursSkipped(),
        labels,
        trace,
        found.certificate());
  }
}
