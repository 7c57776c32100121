package io.trawl.domain;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request, made by exactly one space.
 *
 * @param requestId the request's id
 * @param space the space that made it
 * @param lists one per objective, in the order asked
 * @param merged the one list made of them, or null where nobody asked
 * @param stageNanos wall time per stage; of objectives that run side by side the slowest counts
 * @param spans the same in pieces with their starts, empty where nobody asked
 * @param skipped ids of a {@link SearchQuery} that the space does not know and that were skipped
 */
public record Retrieval(
    String requestId,
    SpaceId space,
    List<ObjectiveRetrieval> lists,
    @Nullable MergedList merged,
    Map<Stage, Long> stageNanos,
    List<Span> spans,
    List<String> skipped) {

  /** One that is neither merged nor explained. */
  public Retrieval(
      String requestId,
      SpaceId space,
      List<ObjectiveRetrieval> lists,
      Map<Stage, Long> stageNanos) {
    this(requestId, space, lists, null, stageNanos, List.of(), List.of());
  }

  public Retrieval {
    Objects.requireNonNull(requestId, "requestId");
    Objects.requireNonNull(space, "space");
    lists = List.copyOf(lists);
    stageNanos = Map.copyOf(stageNanos);
    spans = List.copyOf(spans);
    skipped = List.copyOf(skipped);
  }
}
