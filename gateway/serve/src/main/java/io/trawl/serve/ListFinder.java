package io.trawl.serve;

import io.trawl.domain.Behaviour;
import io.trawl.domain.Deadline;
import io.trawl.domain.Degradation;
import io.trawl.domain.EngineName;
import io.trawl.domain.Filter;
import io.trawl.domain.Leg;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.ObjectiveRetrieval.Remarks;
import io.trawl.domain.RankedItem;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Round;
import io.trawl.domain.Stage;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchExplanation;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.search.MergedRun;
import io.trawl.serve.search.SearchDriver;
import io.trawl.serve.search.SearchRun;
import io.trawl.serve.search.SearchTask;
import io.trawl.serve.source.BackedNeighbours;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.HitSource;
import io.trawl.serve.source.LexicalSource;
import io.trawl.serve.source.NeighbourSource;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds one list: picks the engine that suits the eligible items, searches, fills up what an
 * exploration left short, and says why each item is there.
 */
final class ListFinder {

  private final SearchableSpace space;
  private final SearchDriver driver;
  private final SearchOptions options;
  private final PipelineMetrics metrics;
  private final ServingRules rules;
  private final LexicalLeg words;

  ListFinder(
      SearchableSpace space, SearchDriver driver, SearchOptions options, PipelineMetrics metrics) {
    this.space = space;
    this.driver = driver;
    this.options = options;
    this.metrics = metrics;
    this.rules = new ServingRules(space);
    this.words = new LexicalLeg(space.lexical(), driver, options);
  }

  /**
   * What is to be found.
   *
   * @param objective whose list it is, empty for none
   * @param words what the list is fused with, on its way; null for a list of query vectors alone
   * @param weight what their places count
   */
  record Query(
      String objective,
      SearchPlan.Accepted plan,
      Target target,
      Eligible eligible,
      @Nullable Future<LexicalLeg.Part> words,
      double weight,
      int k,
      boolean explain) {

    /** How many items the search is for. */
    private int depth() {
      return words == null ? k : LexicalLeg.depth(k);
    }
  }

  /**
   * What the best items are to be near to.
   *
   * @param entries ordinals where an exploration enters besides its sample
   * @param behavioursSkipped behaviours that did not go into the query vectors
   * @param left what else did not
   * @param skipped ids of items to be like or unlike that the space does not know
   */
  record Target(
      QueryVectors queries,
      int[] entries,
      int behavioursSkipped,
      List<Degradation> left,
      List<String> skipped) {}

  /**
   * Which items may be in the list.
   *
   * @param filter what made {@code items} less the excluded ones, null without one
   * @param excluded ordinals that are not eligible whatever the filter says, ascending
   * @param rules what an objective's rules left out besides; null where it has none
   */
  record Eligible(ItemSet items, @Nullable Filter filter, int[] excluded, @Nullable String rules) {

    /** Whether more is left out than items by their ids. */
    private boolean narrowed() {
      return filter != null || rules != null;
    }
  }

  /**
   * How the searches of a request run, and for whom.
   *
   * @param rounds told the list after each round but the last; null where nobody listens
   */
  record Scope(
      SearchTask.Scheduler scheduler,
      NeighbourSource neighbours,
      Deadline deadline,
      Cancellation cancellation,
      Timeline timeline,
      @Nullable Consumer<ObjectiveRetrieval> rounds) {

    /** The same, told of rounds for as long as somebody waits for the answer. */
    Scope telling(Consumer<ObjectiveRetrieval> told) {
      return new Scope(
          scheduler,
          neighbours,
          deadline,
          cancellation,
          timeline,
          list -> {
            if (!cancellation.cancelled()) {
              told.accept(list);
            }
          });
    }
  }

  /**
   * Only a filter looks at every item, and on the compute pool.
   *
   * @param notReturned outside ids; unknown ones are harmless
   */
  Future<Eligible> eligible(@Nullable Filter filter, Set<String> notReturned, Scope scope) {
    var timeline = scope.timeline();
    var from = timeline.now();
    var eligible =
        filter == null
            ? Future.succeededFuture(less(ItemSet.all(space.items()), null, notReturned))
            : driver.compute(() -> less(space.matching(filter), filter, notReturned));
    return eligible.map(
        items -> {
          timeline.spent(Stage.ELIGIBLE, "", from, timeline.now());
          return items;
        });
  }

  private Eligible less(ItemSet items, @Nullable Filter filter, Set<String> notReturned) {
    var excluded = space.ordinals(notReturned);
    return new Eligible(items.without(excluded), filter, excluded, null);
  }

  /** What the rules of an objective leave of what every list of the request may hold. */
  Future<Eligible> under(
      Objective objective, List<Behaviour> history, Eligible eligible, Scope scope) {
    if (objective.rules().leaveAll()) {
      return Future.succeededFuture(eligible);
    }
    var timeline = scope.timeline();
    var from = timeline.now();
    return driver
        .compute(() -> rules.apply(objective.rules(), history, eligible))
        .map(
            items -> {
              timeline.spent(Stage.ELIGIBLE, objective.name(), from, timeline.now());
              return items;
            });
  }

  /**
   * Looks for the words of an objective's text.
   *
   * @param k how many items are wanted
   */
  Future<LexicalLeg.Part> words(
      String objective, String text, int k, Eligible eligible, Scope scope) {
    return words.find(objective, text, k, eligible.items(), scope);
  }

  /** The list that words alone make. */
  Future<ObjectiveRetrieval> byWords(
      String objective,
      RetrievalRequest request,
      SearchPlan.Accepted plan,
      Eligible eligible,
      LexicalLeg.Part part,
      Scope scope) {
    var missing = part.missing();
    if (missing != null) {
      return FirstEnding.ended(
          driver.passed(scope.deadline().earlier(options.answerReserve()))
              ? new RetrievalOutcome.Expired("search")
              : new RetrievalOutcome.SearchFailed(missing.detail()));
    }
    var items = space.byWords(part.found(), request.k(), request.explain());
    return Future.succeededFuture(
        new ObjectiveRetrieval(
            objective,
            items,
            new ObjectiveRetrieval.Search(
                Leg.LEXICAL.label(), plan.seed(), 1, part.found().ordinals().length, 0),
            0,
            Labels.fewerThan(request.k(), items.size()),
            List.of(),
            new Remarks(null, eligible.rules(), List.of(Leg.LEXICAL))));
  }

  /** Fails with {@link FirstEnding#ended} where there is no list at all to give. */
  Future<ObjectiveRetrieval> find(Query query, Scope scope) {
    return new Finding(query, scope).find();
  }

  /** One list on its way, on the request's context. */
  private final class Finding {

    private final Query query;
    private final SearchPlan.Accepted plan;
    private final Scope scope;
    private final Timeline timeline;
    private Engine engine;

    /** The search, then a scan where that left the list short. */
    private final List<SearchRun> runs = new ArrayList<>();

    /** What came to be left out by the search. */
    private List<Degradation> left = List.of();

    Finding(Query query, Scope scope) {
      this.query = query;
      this.plan = query.plan();
      this.scope = scope;
      this.timeline = scope.timeline();
      this.engine = engine();
    }

    Future<ObjectiveRetrieval> find() {
      var from = timeline.now();
      return search(from)
          .compose(_ -> withoutIndex())
          .compose(
              _ -> {
                report(from);
                return fill();
              })
          .compose(_ -> words())
          .compose(
              _ -> {
                timeline.spent(Stage.SEARCH, query.objective(), from, timeline.now());
                var ending = ending();
                return ending == null ? Future.succeededFuture(list()) : FirstEnding.ended(ending);
              });
    }

    /** Where the caller names none, fewer items may have a better one. */
    private Engine engine() {
      if (!query.eligible().narrowed() || plan.engineNamed()) {
        return plan.engine();
      }
      var few = query.eligible().items().size() <= plan.settings().mostItemsScored();
      return space.forFilter(plan.measure(), few).orElse(plan.engine());
    }

    private Future<Void> search(long readyNanos) {
      var neighbours = new BackedNeighbours(scope.neighbours(), space.fallback(), timeline::now);
      return run(engine, query.eligible().items(), neighbours)
          .map(
              run -> {
                timeline.piece("queue", query.objective(), readyNanos, run.startNanos());
                left = left(run, neighbours);
                return null;
              });
    }

    /** Says so where something outside failed and the list was made all the same. */
    private List<Degradation> left(SearchRun run, BackedNeighbours neighbours) {
      var starvedBy = run.starvedBy();
      if (starvedBy != null) {
        return List.of(Labels.withoutMilvus("the list is what was found before", starvedBy));
      }
      var failure = neighbours.failure();
      return failure == null
          ? List.of()
          : List.of(Labels.withoutMilvus("the space's own graph gave neighbours", failure));
    }

    /** An index that gave no hits at all leaves the space's own graph to search with. */
    private Future<?> withoutIndex() {
      var failure = found().starvedBy();
      var nothing = found().result().rounds() == 0;
      var graph = space.reserve();
      if (failure == null || !nothing || graph.isEmpty() || isExploration()) {
        return Future.succeededFuture();
      }
      runs.clear();
      engine = space.localEngine(plan.measure());
      left = List.of(Labels.withoutMilvus("the space's own graph served the search", failure));
      return run(engine, query.eligible().items(), graph.get());
    }

    /** Began long before the search, and ends when that must. */
    private Future<?> words() {
      var words = query.words();
      return words == null ? Future.succeededFuture() : words;
    }

    /** Scans the eligible items that a search that left the list short did not meet. */
    private Future<?> fill() {
      if (!isShort() || !(space instanceof SearchableSpace.Held held)) {
        return Future.succeededFuture();
      }
      var unmet = query.eligible().items().without(found().result().ordinals());
      var from = timeline.now();
      return run(held.exact(plan.measure()), unmet, scope.neighbours())
          .map(
              scan -> {
                timeline.piece("queue", query.objective(), from, scan.startNanos());
                timeline.piece("fill", query.objective(), scan.startNanos(), scan.endNanos());
                return scan;
              });
    }

    /** Every eligible item that an exploration meets is in a list that did not get full. */
    private boolean isShort() {
      var result = found().result();
      return result.finished()
          && result.ordinals().length < query.k()
          && result.ordinals().length < query.eligible().items().size();
    }

    private SearchRun found() {
      return runs.getFirst();
    }

    private boolean isExploration() {
      return engine.name() == EngineName.EXPLORE;
    }

    /** Why there is no list to give; null where there is one. */
    private @Nullable RetrievalOutcome ending() {
      var result = found().result();
      var failure = found().starvedBy();
      // An exploration's first round is a blind sample: no neighbours ever came.
      var blind = isExploration() ? 1 : 0;
      if (failure != null && result.rounds() <= blind) {
        return new RetrievalOutcome.SearchFailed(Labels.why(failure));
      }
      return result.itemsScored() == 0 && !result.finished()
          ? new RetrievalOutcome.Expired("search")
          : null;
    }

    private Future<SearchRun> run(Engine by, ItemSet eligible, NeighbourSource neighbours) {
      var deadline = scope.deadline().earlier(options.answerReserve());
      var request =
          new SearchRequest(
              query.target().queries(),
              query.depth(),
              eligible,
              plan.seed(),
              plan.settings(),
              query.target().entries(),
              query.explain(),
              plan.mostRead());
      var job =
          new SearchTask.Job(
              () -> by.start(request),
              query.explain(),
              need -> fetch(need, neighbours, deadline),
              deadline,
              scope.cancellation(),
              listener(by));
      // Not beside what comes next, which may hear of the end sooner than a listener does.
      return driver
          .run(job, scope.scheduler())
          .map(
              run -> {
                runs.add(run);
                return run;
              });
    }

    private Future<? extends Search.Answer> fetch(
        Search.Step.Need need, NeighbourSource neighbours, Deadline deadline) {
      return switch (need) {
        case Search.Step.NeedNeighbours(var ordinals, var count) ->
            neighbours
                .neighbours(ordinals, count, deadline, scope.cancellation())
                .map(Search.Answer.Neighbours::new);
        case Search.Step.NeedHits(var queryVectors, var limit) ->
            space
                .hits()
                .hits(
                    new HitSource.Query(
                        query.target().queries().rows(queryVectors),
                        limit,
                        query.eligible().filter(),
                        query.eligible().excluded(),
                        query.eligible().items()),
                    forHits(deadline),
                    scope.cancellation());
        case Search.Step.NeedVectors(var ordinals) ->
            space
                .vectors()
                .vectors(ordinals, deadline, scope.cancellation())
                .map(Search.Answer.Vectors::new);
      };
    }

    /** With a graph to search with instead the index gets half of the time. */
    private Deadline forHits(Deadline deadline) {
      return space.reserve().isPresent()
          ? BackedNeighbours.half(deadline, timeline::now)
          : deadline;
    }

    private @Nullable Consumer<SearchResult> listener(Engine by) {
      var rounds = scope.rounds();
      return rounds == null
          ? null
          : best -> rounds.accept(ranked(by, best, items(best, null), List.of(), List.of()));
    }

    private void report(long from) {
      var start = Math.max(from, found().startNanos());
      for (var end : found().roundEndNanos()) {
        timeline.piece("round", query.objective(), start, end);
        start = end;
      }
    }

    private ObjectiveRetrieval list() {
      var union = MergedRun.of(runs, query.depth());
      var result = union.result();
      var labels = new ArrayList<>(query.target().left());
      labels.addAll(left);
      if (space instanceof SearchableSpace.Fetched) {
        labels.add(Labels.vectorsFromMilvus(plan, engine, result));
        metrics.fetched(result, plan.narrowed() && isExploration());
      }
      var items = items(result, union.explanation());
      labels.addAll(Labels.of(engine, items.size(), query.k(), result));
      var part = part();
      if (part != null && part.missing() != null) {
        labels.add(part.missing());
      }
      return ranked(engine, result, items, labels, union.rounds());
    }

    /** What words found; null where they are not asked, or not done. */
    private LexicalLeg.@Nullable Part part() {
      var words = query.words();
      return words == null || !words.succeeded() ? null : words.result();
    }

    private List<RankedItem> items(SearchResult dense, @Nullable SearchExplanation explanation) {
      if (query.words() == null) {
        return space.ranked(dense, explanation);
      }
      var part = part();
      var words = part == null ? LexicalSource.Found.NOTHING : part.found();
      var fused =
          ReciprocalRank.fuse(
              new ReciprocalRank.Ranking(dense.ordinals(), dense.scores()),
              new ReciprocalRank.Ranking(words.ordinals(), words.scores(), query.weight()),
              query.k());
      return space.fused(fused, query.explain(), explanation);
    }

    private List<Leg> legs() {
      if (query.words() == null) {
        return List.of();
      }
      var part = part();
      return part == null || part.missing() != null
          ? List.of(Leg.DENSE)
          : List.of(Leg.DENSE, Leg.LEXICAL);
    }

    private ObjectiveRetrieval ranked(
        Engine by,
        SearchResult found,
        List<RankedItem> items,
        List<Degradation> labels,
        List<Round> trace) {
      return new ObjectiveRetrieval(
          query.objective(),
          items,
          new ObjectiveRetrieval.Search(
              by.name().label(),
              plan.seed(),
              found.rounds(),
              found.itemsScored(),
              found.bytesRead()),
          query.target().behavioursSkipped(),
          labels,
          trace,
          new Remarks(
              query.words() == null ? found.certificate() : null,
              query.eligible().rules(),
              legs()));
    }
  }
}
