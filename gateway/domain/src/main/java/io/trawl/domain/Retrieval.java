package io.trawl.domain;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The answer to a request, made by exactly one space.
 *
 * @param requestId the request's id
 * @param space the space that made it
 * @param lists one per objective, in the order asked
 * @param stageNanos wall time per stage; of objectives that run side by side the slowest counts
 */
public record Retrieval(
    String requestId, SpaceId space, List<ObjectiveRetrieval> lists, Map<Stage, Long> stageNanos) {

  public Retrieval {
    Objects.requireNonNull(requestId, "requestId");
    Objects.requireNonNull(space, "space");
    lists = List.copyOf(lists);
    stageNanos = Map.copyOf(stageNanos);
  }
}
