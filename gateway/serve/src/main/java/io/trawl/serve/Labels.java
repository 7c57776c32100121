package io.trawl.serve;

import io.trawl.domain.Degradation;
import io.trawl.domain.EngineName;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.search.SearchDriver;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.SourceFailed;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says of one list what it leaves out. */
public final class Labels {

  private static final Logger LOG = LoggerFactory.getLogger(Labels.class);

  private Labels() {}

  /** The same list, with what holds for every list of its objective. */
  static ObjectiveRetrieval under(Objective objective, ObjectiveRetrieval list) {
    return objective.extrapolated()
        ? list.labelled(
            new Degradation(
                Degradation.Kind.EXTRAPOLATED,
                "the backbone was not trained on the objective " + objective.name()))
        : list;
  }

  /** What the prompt left out. */
  static List<Degradation> of(EncodeOutcome.Encoded encoded) {
    return encoded.behavioursDropped() == 0
        ? List.of()
        : List.of(
            new Degradation(
                Degradation.Kind.HISTORY_TRUNCATED,
                "the prompt had no room for the %d oldest behaviours"
                    .formatted(encoded.behavioursDropped())));
  }

  /** What Milvus left out. */
  static Degradation withoutMilvus(String instead, Throwable why) {
    return new Degradation(Degradation.Kind.WITHOUT_MILVUS, "%s: %s".formatted(instead, why(why)));
  }

  /** What the lexical leg left out. */
  static Degradation withoutLexical(Throwable why) {
    return new Degradation(
        Degradation.Kind.WITHOUT_LEXICAL,
        "the text's words were not looked for: %s".formatted(why(why)));
  }

  /** That what was scored had to be fetched, and what that left out. */
  static Degradation vectorsFromMilvus(
      SearchPlan.Accepted plan, Engine engine, SearchResult found) {
    var detail = new StringBuilder();
    detail.append(
        "%,d items were scored by vectors out of Milvus, of %,d that may be"
            .formatted(found.itemsScored(), plan.mostRead()));
    if (plan.narrowed() && engine.name() == EngineName.EXPLORE) {
      var settings = plan.settings();
      detail.append(
          "; so %d rounds, sample %d, keep %d, neighbours %d"
              .formatted(
                  settings.rounds(), settings.sample(), settings.keep(), settings.neighbours()));
    }
    if (found.itemsDropped() > 0) {
      detail.append("; %,d more were met and not scored".formatted(found.itemsDropped()));
    }
    return new Degradation(Degradation.Kind.VECTORS_FROM_MILVUS, detail.toString());
  }

  /** What callers may read of a failure; the rest goes to the log. */
  static String why(Throwable failure) {
    if (failure instanceof SourceFailed source) {
      LOG.warn("a search went without: {}", source.getMessage());
      return source.why();
    }
    if (failure instanceof SearchDriver.NoRoom) {
      return "no thread was free";
    }
    LOG.warn("a search went without", failure);
    return "it failed";
  }

  /**
   * What the search left out.
   *
   * @param items how many are in the list, of k that were asked
   */
  static List<Degradation> of(Engine engine, int items, int k, SearchResult found) {
    var labels = new ArrayList<Degradation>(2);
    if (!found.finished()) {
      labels.add(
          new Degradation(
              Degradation.Kind.SEARCH_CUT_SHORT,
              "%s ended before it was done: %d rounds finished, %d items scored"
                  .formatted(engine.name().label(), found.rounds(), found.itemsScored())));
    }
    labels.addAll(fewerThan(k, items));
    return labels;
  }

  /** That the list is shorter than was asked, where it is. */
  static List<Degradation> fewerThan(int k, int items) {
    return items >= k
        ? List.of()
        : List.of(
            new Degradation(
                Degradation.Kind.FEWER_THAN_K,
                "%d eligible items were found of %d asked".formatted(items, k)));
  }
}
