package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Degradation;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Round;
import io.trawl.domain.Stage;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
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

  ListFinder(ServingSpace space, SearchDriver driver, SearchOptions options) {
    this.space = space;
    this.driver = driver;
    this.options = options;
  }

  /**
   * What is to be found.
   *
   * @param objective whose list it is, empty for none
   * @param entries where an exploration enters besides its sample
   * @param filtered whether a filter made {@code eligible}
   * @param left what is left out already
   */
  record Wanted(
      String objective,
      SearchPlan.Accepted plan,
      QueryVectors queries,
      int[] entries,
      int k,
      ItemSet eligible,
      boolean filtered,
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
      @Nullable Consumer<ObjectiveRetrieval> rounds) {}

  /** Fails with {@link FirstEnding#ended} where the deadline left no list at all. */
  Future<ObjectiveRetrieval> find(Wanted wanted, Asker asker) {
    var engine = engine(wanted);
    var from = asker.timeline().now();
    return search(wanted, asker, engine, wanted.eligible(), from, listener(wanted, asker, engine))
        .compose(
            run -> {
              report(wanted, asker, from, run);
              return isShort(wanted, run)
                  ? fill(wanted, asker, run)
                  : Future.succeededFuture(List.of(run));
            })
        .compose(
            runs -> {
              asker
                  .timeline()
                  .spent(Stage.SEARCH, wanted.objective(), from, asker.timeline().now());
              var first = runs.getFirst().result();
              return first.itemsScored() == 0 && !first.finished()
                  ? FirstEnding.ended(new RetrievalOutcome.Expired("search"))
                  : Future.succeededFuture(list(wanted, engine, runs));
            });
  }

  /**
   * Where the caller names none, a filter that leaves no more items than an exploration would score
   * makes the scan of these the cheaper way, and the surer one.
   */
  private Engine engine(Wanted wanted) {
    var plan = wanted.plan();
    var scanIsCheaper =
        wanted.filtered()
            && !plan.engineNamed()
            && wanted.eligible().size() <= plan.settings().mostItemsScored();
    return scanIsCheaper ? space.exact(plan.measure()) : plan.engine();
  }

  private Future<SearchRun> search(
      Wanted wanted,
      Asker asker,
      Engine engine,
      ItemSet eligible,
      long readyNanos,
      @Nullable Consumer<SearchResult> rounds) {
    var plan = wanted.plan();
    var search =
        engine.start(
            new SearchRequest(
                wanted.queries(),
                wanted.k(),
                eligible,
                plan.seed(),
                plan.settings(),
                wanted.entries(),
                wanted.explain()));
    var job =
        new SearchTask.Job(
            search,
            wanted.explain(),
            asker.neighbours(),
            asker.deadline().earlier(options.answerReserve()),
            asker.cancellation(),
            rounds);
    return driver
        .run(job, asker.scheduler())
        .onSuccess(
            run ->
                asker.timeline().piece("queue", wanted.objective(), readyNanos, run.startNanos()));
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

  /** Scans the eligible items that the search did not meet. */
  private Future<List<SearchRun>> fill(Wanted wanted, Asker asker, SearchRun run) {
    var unmet = ItemSet.none(wanted.eligible().count());
    unmet.or(wanted.eligible());
    for (var ordinal : run.result().ordinals()) {
      unmet.remove(ordinal);
    }
    var from = asker.timeline().now();
    return search(wanted, asker, space.exact(wanted.plan().measure()), unmet, from, null)
        .map(
            scan -> {
              asker
                  .timeline()
                  .piece("fill", wanted.objective(), scan.startNanos(), scan.endNanos());
              return List.of(run, scan);
            });
  }

  private static void report(Wanted wanted, Asker asker, long from, SearchRun run) {
    var start = Math.max(from, run.startNanos());
    for (var end : run.roundEndNanos()) {
      asker.timeline().piece("round", wanted.objective(), start, end);
      start = end;
    }
  }

  private ObjectiveRetrieval list(Wanted wanted, Engine engine, List<SearchRun> runs) {
    var found = SearchUnion.of(runs, wanted.k());
    var labels = new ArrayList<>(wanted.left());
    labels.addAll(Labels.of(engine, wanted.k(), found.result()));
    return ranked(
        wanted,
        engine,
        found.result(),
        space.ranked(found.result(), found.explanation()),
        labels,
        found.rounds());
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
        engine.name(),
        wanted.plan().seed(),
        found.rounds(),
        found.itemsScored(),
        found.bytesRead(),
        wanted.behavioursSkipped(),
        labels,
        trace);
  }
}
