package io.trawl.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The ranked items of one objective and how they came about.
 *
 * @param objective the objective's name
 * @param items best first; ties by ordinal
 * @param search what found them
 * @param behavioursSkipped behaviours of the history whose item or action the space does not know
 * @param degradations what was left out, empty for the full path
 * @param trace its rounds, empty where nobody asked
 * @param remarks what else is to be said of it
 */
public record ObjectiveRetrieval(
    String objective,
    List<RankedItem> items,
    Search search,
    int behavioursSkipped,
    List<Degradation> degradations,
    List<Round> trace,
    Remarks remarks) {

  /**
   * What is to be said of some lists only.
   *
   * @param certificate what the engine promises of its items; null for engines that promise nothing
   * @param rules what the objective's rules left out, for a person; null where it has none
   * @param legs those that took part in a list that is fused of them; empty for others
   */
  public record Remarks(@Nullable Certificate certificate, @Nullable String rules, List<Leg> legs) {

    public static final Remarks NONE = new Remarks(null, null, List.of());

    public Remarks {
      legs = List.copyOf(legs);
    }
  }

  /**
   * A search that is over.
   *
   * @param engine the engine that found the items
   * @param seed what its sample was drawn by: the same query vectors, settings, seed and finished
   *     rounds give the same items and scores
   * @param rounds rounds finished
   * @param itemsScored distinct items scored
   * @param bytesRead bytes of item vectors read to score them
   */
  public record Search(String engine, long seed, int rounds, long itemsScored, long bytesRead) {
    public Search {
      Objects.requireNonNull(engine, "engine");
    }
  }

  public ObjectiveRetrieval {
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(search, "search");
    Objects.requireNonNull(remarks, "remarks");
    items = List.copyOf(items);
    degradations = List.copyOf(degradations);
    trace = List.copyOf(trace);
  }

  /** The same with one thing more to be said of it, first. */
  public ObjectiveRetrieval labelled(Degradation label) {
    var labels = new ArrayList<Degradation>();
    labels.add(label);
    labels.addAll(degradations);
    return new ObjectiveRetrieval(
        objective, items, search, behavioursSkipped, labels, trace, remarks);
  }
}
