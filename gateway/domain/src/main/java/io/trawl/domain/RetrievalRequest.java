package io.trawl.domain;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * "The best k items for this user under these objectives."
 *
 * @param id the request's id, in the answer and in every log line about it
 * @param objectives one or more; each is answered by a list of its own
 * @param k items wanted per objective, at least 1
 * @param now the request time that ages of behaviours are counted from, or null for the gateway's
 */
public record RetrievalRequest(
    String id,
    User user,
    List<ObjectiveRequest> objectives,
    int k,
    ItemChoice choice,
    @Nullable Instant now,
    EngineRequest engine,
    Answering answering) {

  /**
   * Which items may be returned.
   *
   * @param filter null for all
   * @param excludedItems outside ids that must not be returned; unknown ones are harmless
   * @param excludeHistory whether the items of the history must not be returned
   */
  public record ItemChoice(
      @Nullable Filter filter, Set<String> excludedItems, boolean excludeHistory) {

    public static final ItemChoice ALL = new ItemChoice(null, Set.of(), false);

    public ItemChoice {
      excludedItems = Set.copyOf(excludedItems);
    }
  }

  /**
   * How it is to be answered.
   *
   * @param explain whether the answer says why each item is there and where the time went
   * @param onMissing what becomes of behaviours whose item or action the space does not know
   * @param merge how the objectives' lists become one, or null where each stays its own
   */
  public record Answering(boolean explain, OnMissing onMissing, @Nullable Merge merge) {

    /** Not explained, what is unknown skipped, a list per objective. */
    public static final Answering PLAIN = new Answering(false, OnMissing.SKIP, null);

    public Answering {
      Objects.requireNonNull(onMissing, "onMissing");
    }
  }

  public RetrievalRequest {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(choice, "choice");
    Objects.requireNonNull(engine, "engine");
    Objects.requireNonNull(answering, "answering");
    objectives = List.copyOf(objectives);
    if (objectives.isEmpty()) {
      throw new IllegalArgumentException("objectives is empty; expected at least one");
    }
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + "; expected at least 1");
    }
  }

  /** Which items may be returned, or null for all. */
  public @Nullable Filter filter() {
    return choice.filter;
  }

  /** Whether the answer says why each item is there and where the time went. */
  public boolean explain() {
    return answering.explain;
  }

  /** What becomes of behaviours whose item or action the space does not know. */
  public OnMissing onMissing() {
    return answering.onMissing;
  }

  /** How the objectives' lists become one, or null where each stays its own. */
  public @Nullable Merge merge() {
    return answering.merge;
  }

  /** Outside ids of the items that must not be returned, whatever the filter says. */
  public Set<String> notReturned() {
    var ids = new HashSet<>(choice.excludedItems);
    if (choice.excludeHistory) {
      user.history().forEach(behaviour -> ids.add(behaviour.itemId()));
    }
    return ids;
  }
}
