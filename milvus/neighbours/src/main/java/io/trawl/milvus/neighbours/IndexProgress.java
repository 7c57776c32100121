package io.trawl.milvus.neighbours;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * How far an index is.
 *
 * @param kind as Milvus names it
 * @param indexedRows that are in it
 * @param pendingRows that Milvus knows of and are not; it may know of more a moment later
 * @param failed why it cannot be built, empty unless that is so
 */
public record IndexProgress(String kind, long indexedRows, long pendingRows, String failed) {
  public IndexProgress {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(failed, "failed");
  }

  /** The search parameters by which a gateway asks such an index for a list of that length. */
  public Map<String, Integer> searching(int limit) {
    return new IndexKind(kind.toUpperCase(Locale.ROOT)).parameters(limit);
  }
}
