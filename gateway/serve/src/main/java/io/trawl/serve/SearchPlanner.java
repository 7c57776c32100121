package io.trawl.serve;

import io.trawl.domain.Behaviour;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.Leg;
import io.trawl.domain.Objective;
import io.trawl.domain.Objective.TextUse;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import io.trawl.domain.Violation;
import io.trawl.retrieval.Engine;
import io.trawl.serve.source.VectorSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks a request against the space, and settles engine, constants and seed. The bounds of numbers
 * are the edge's to check.
 */
final class SearchPlanner {

  /** Of a field that repeats; callers repair the first few and learn the kind. */
  private static final int MOST_VIOLATIONS = 16;

  /** Conditions of a filter that take as long to hold against an item as it takes to score it. */
  private static final int COMPARISONS_OF_A_SCORE = 20;

  private final SearchableSpace space;
  private final SearchOptions options;
  private final LongSupplier seeds;

  SearchPlanner(SearchableSpace space, SearchOptions options, LongSupplier seeds) {
    this.space = space;
    this.options = options;
    this.seeds = seeds;
  }

  SearchPlan plan(RetrievalRequest request) {
    var wrong = new ArrayList<Violation>();
    for (var i = 0; i < request.objectives().size(); i++) {
      checkObjective("objectives[" + i + "]", request.objectives().get(i), wrong);
    }
    if (request.onMissing() == OnMissing.FAIL) {
      checkHistory(request.user().history(), wrong);
    }
    var lists = Math.max(1, request.objectives().size());
    return plan(
        request.filter(),
        request.engine(),
        Measure.PRODUCT,
        new Fetches(VectorSource.MOST_FETCHED / lists, 0),
        wrong);
  }

  /** Whether the query vectors suit the space is checked where they are made. */
  SearchPlan plan(SearchQuery query) {
    var wrong = new ArrayList<Violation>();
    return switch (query.by()) {
      case By.Vectors(var vectors) -> {
        checkWidths(vectors, wrong);
        var all = new Fetches(VectorSource.MOST_FETCHED, 0);
        yield plan(query.filter(), query.engine(), Measure.PRODUCT, all, wrong);
      }
      case By.Likeness like ->
          plan(query.filter(), query.engine(), Measure.COSINE, fetches(like), wrong);
    };
  }

  /**
   * What a list may fetch, where vectors are fetched.
   *
   * @param most items
   * @param entries of these go to items that an exploration enters by
   */
  private record Fetches(int most, int entries) {}

  /** The query vectors are made of item vectors, which count too. */
  private static Fetches fetches(By.Likeness like) {
    var made = like.items().size() + like.unlike().size();
    return new Fetches(Math.max(0, VectorSource.MOST_FETCHED - made), like.items().size());
  }

  private SearchPlan plan(
      @Nullable Filter filter,
      EngineRequest asked,
      Measure measure,
      Fetches fetches,
      List<Violation> wrong) {
    if (filter != null) {
      wrong.addAll(space.violations(filter));
    }
    var engine = engine(asked, measure, wrong);
    if (engine == null || !wrong.isEmpty()) {
      return new SearchPlan.Refused(wrong);
    }
    var seed = asked.seed();
    var settled = options.explore().settle(asked, space.items());
    var most = space.mostRead(fetches.most());
    var settings = settled.within(most - fetches.entries());
    return new SearchPlan.Accepted(
        engine,
        asked.engine() != null,
        measure,
        settings,
        seed == null ? seeds.getAsLong() : seed,
        most,
        !settings.equals(settled));
  }

  /**
   * As {@link Retriever#cost}: by the items that are scored at most, the query vectors that each is
   * scored by, the texts whose words are looked for, and the conditions that all are held against.
   */
  double cost(Retriever.Asked asked) {
    var usual = scored(EngineRequest.defaults());
    var vectors = Math.max(1, (double) asked.queryVectors() / space.queryVectors());
    var search = Math.max(1, scored(asked.engine()) * vectors / usual);
    var comparisons = asked.filter() == null ? 0 : asked.filter().comparisons();
    var filtering = (double) comparisons * space.items() / COMPARISONS_OF_A_SCORE / usual;
    return Math.max(1, asked.lists()) * search
        + (space.isLexical() ? asked.texts() : 0)
        + filtering;
  }

  private double scored(EngineRequest asked) {
    var engine = asked.engine() == null ? options.engine() : asked.engine();
    long items = Math.max(1, space.items());
    return engine == EngineName.EXPLORE
        ? Math.min(items, options.explore().settle(asked, space.items()).mostItemsScored())
        : items;
  }

  private void checkHistory(List<Behaviour> history, List<Violation> wrong) {
    for (var i = 0; i < history.size() && wrong.size() < MOST_VIOLATIONS; i++) {
      var field = "user.history[" + i + "]";
      var id = history.get(i).itemId();
      if (space.ordinal(id) < 0) {
        wrong.add(
            new Violation(
                field + ".item", "'%s' is no item of space %s".formatted(id, space.id())));
      }
      var action = history.get(i).action();
      if (!space.history().knows(action)) {
        wrong.add(
            new Violation(
                field + ".action",
                "'%s' is no action of space %s; expected one of %s"
                    .formatted(
                        action,
                        space.id(),
                        String.join(", ", space.history().actions().keySet()))));
      }
    }
  }

  private void checkWidths(List<float[]> vectors, List<Violation> wrong) {
    var width = space.width();
    for (var i = 0; i < vectors.size() && wrong.size() < MOST_VIOLATIONS; i++) {
      if (vectors.get(i).length != width) {
        wrong.add(
            new Violation(
                "query_vectors[" + i + "].values",
                "has %d numbers; expected %d, the width of space %s"
                    .formatted(vectors.get(i).length, width, space.id())));
      }
    }
  }

  private void checkObjective(String field, ObjectiveRequest asked, List<Violation> wrong) {
    var known =
        space.objectives().stream().filter(one -> one.name().equals(asked.name())).findFirst();
    if (known.isEmpty()) {
      wrong.add(
          new Violation(
              field + ".name",
              "'%s' is no objective of space %s; expected one of %s"
                  .formatted(asked.name(), space.id(), names())));
      return;
    }
    var use = known.get().text();
    if (!use.suits(asked)) {
      wrong.add(
          new Violation(
              field + ".text",
              (use == TextUse.REQUIRED
                      ? "is missing; objective '%s' needs one"
                      : "is given; objective '%s' takes none")
                  .formatted(asked.name())));
    }
    if (asked.leg() == Leg.LEXICAL && (asked.text() == null || !known.get().rules().lexical())) {
      wrong.add(
          new Violation(
              field + ".legs",
              "is 'lexical'; expected none or 'dense', since objective '%s' has no lexical leg here"
                  .formatted(asked.name())));
    }
  }

  private String names() {
    return space.objectives().stream().map(Objective::name).collect(Collectors.joining(", "));
  }

  private @Nullable Engine engine(EngineRequest asked, Measure measure, List<Violation> wrong) {
    if (asked.engine() == null) {
      return space.engine(options.engine(), measure).orElseGet(() -> space.localEngine(measure));
    }
    var engine = space.engine(asked.engine(), measure);
    if (engine.isEmpty()) {
      wrong.add(
          new Violation(
              "engine.engine",
              "'%s' is no engine of space %s; expected one of %s"
                  .formatted(
                      asked.engine().label(),
                      space.id(),
                      String.join(", ", space.engineNames(measure)))));
      return null;
    }
    return engine.get();
  }
}
