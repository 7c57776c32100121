package io.trawl.serve;

import io.trawl.domain.EngineRequest;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Violation;
import io.trawl.retrieval.Engine;
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

  private final ServingSpace space;
  private final SearchOptions options;
  private final LongSupplier seeds;

  SearchPlanner(ServingSpace space, SearchOptions options, LongSupplier seeds) {
    this.space = space;
    this.options = options;
    this.seeds = seeds;
  }

  SearchPlan plan(RetrievalRequest request) {
    var wrong = new ArrayList<Violation>();
    for (var i = 0; i < request.objectives().size(); i++) {
      checkObjective("objectives[" + i + "]", request.objectives().get(i), wrong);
    }
    if (request.filter() != null) {
      wrong.addAll(space.violations(request.filter()));
    }
    var engine = engine(request.engine(), wrong);
    if (engine == null || !wrong.isEmpty()) {
      return new SearchPlan.Refused(wrong);
    }
    var seed = request.engine().seed();
    return new SearchPlan.Accepted(
        engine,
        options.explore().settle(request.engine(), space.items()),
        seed == null ? seeds.getAsLong() : seed);
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
    var missing = asked.text() == null || asked.text().isBlank();
    switch (known.get().text()) {
      case REQUIRED -> {
        if (missing) {
          wrong.add(
              new Violation(
                  field + ".text", "is missing; objective '%s' needs one".formatted(asked.name())));
        }
      }
      case NONE -> {
        if (!missing) {
          wrong.add(
              new Violation(
                  field + ".text", "is given; objective '%s' takes none".formatted(asked.name())));
        }
      }
      case OPTIONAL -> {}
    }
  }

  private String names() {
    return space.objectives().stream().map(Objective::name).collect(Collectors.joining(", "));
  }

  private @Nullable Engine engine(EngineRequest asked, List<Violation> wrong) {
    if (asked.engine() == null) {
      var engine = space.engine(options.engine());
      return engine.orElseGet(space::exact);
    }
    var engine = space.engine(asked.engine());
    if (engine.isEmpty()) {
      wrong.add(
          new Violation(
              "engine.engine",
              "'%s' is no engine of space %s; expected one of %s"
                  .formatted(asked.engine(), space.id(), String.join(", ", space.engineNames()))));
      return null;
    }
    return engine.get();
  }
}
