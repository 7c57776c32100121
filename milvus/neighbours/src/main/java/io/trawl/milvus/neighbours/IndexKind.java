package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.service.index.request.DescribeIndexReq;
import java.util.Locale;
import java.util.Map;

/**
 * How the vectors of a collection are indexed, as far as a search must know.
 *
 * @param name as Milvus calls it
 */
record IndexKind(String name) {

  /** More than the list asked for, or HNSW finds too little of it. */
  private static final int SLACK = 2;

  private static final int LEAST_EFFORT = 64;
  private static final int MOST_EFFORT = 32_768;

  /** Blocks. */
  static IndexKind of(MilvusClientV2 client, String collection) {
    var described =
        client.describeIndex(
            DescribeIndexReq.builder()
                .collectionName(collection)
                .fieldName(ItemFields.VECTOR)
                .build());
    var kinds = described.getIndexDescriptions();
    return new IndexKind(
        kinds.isEmpty()
            ? ""
            : String.valueOf(kinds.getFirst().getIndexType()).toUpperCase(Locale.ROOT));
  }

  /** Whether it scans, so that nothing can escape it. */
  boolean exact() {
    return name.equals("FLAT");
  }

  /** The search parameters that suit a list of that length. */
  Map<String, Integer> parameters(int limit) {
    var effort = Math.clamp((long) SLACK * limit, LEAST_EFFORT, MOST_EFFORT);
    return switch (name) {
      case "HNSW" -> Map.of("ef", effort);
      case "DISKANN" -> Map.of("search_list", effort);
      case "IVF_FLAT", "IVF_SQ8", "IVF_PQ" -> Map.of("nprobe", LEAST_EFFORT);
      default -> Map.of();
    };
  }
}
