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
 * @param filter which items may be returned, or null for all
 * @param excludedItems outside ids that must not be returned; unknown ones are harmless
 * @param excludeHistory whether the items of the history must not be returned
 * @param now the request time that ages of behaviours are counted from, or null for the gateway's
 * @param explain whether the answer says why each item is there and where the time went
 * @param onMissing what becomes of behaviours whose item or action the space does not know
 * @param merge how the objectives' lists become one, or null where each stays its own
 */
public record RetrievalRequest(
    String id,
    User user,
    List<ObjectiveRequest> objectives,
    int k,
    @Nullable Filter filter,
    Set<String> excludedItems,
    boolean excludeHistory,
    @Nullable Instant now,
    EngineRequest engine,
    boolean explain,
    OnMissing onMissing,
    @Nullable Merge merge) {

  /** A plain request: not explained, what is unknown skipped, a list per objective. */
  public RetrievalRequest(
      String id,
      User user,
      List<ObjectiveRequest> objectives,
      int k,
      @Nullable Filter filter,
      Set<String> excludedItems,
      boolean excludeHistory,
      @Nullable Instant now,
      EngineRequest engine) {
    this(
        id,
        user,
        objectives,
        k,
        filter,
        excludedItems,
        excludeHistory,
        now,
        engine,
        false,
        OnMissing.SKIP,
        null);
  }

  public RetrievalRequest {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(engine, "engine");
    Objects.requireNonNull(onMissing, "onMissing");
    objectives = List.copyOf(objectives);
    excludedItems = Set.copyOf(excludedItems);
    if (objectives.isEmpty()) {
      throw new IllegalArgumentException("objectives is empty; expected at least one");
    }
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + "; expected at least 1");
    }
  }

  /** Outside ids of the items that must not be returned, whatever the filter says. */
  public Set<String> notReturned() {
    var ids = new HashSet<>(excludedItems);
    if (excludeHistory) {
      user.history().forEach(behaviour -> ids.add(behaviour.itemId()));
    }
    return ids;
  }
}
