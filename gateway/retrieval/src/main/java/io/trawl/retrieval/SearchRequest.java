package io.trawl.retrieval;

import java.util.Objects;

/**
 * What a search is for.
 *
 * @param queries the query vectors; with none the result is empty
 * @param k items wanted, at least 1
 * @param eligible which items may be returned; others may still be scored to find the way
 * @param seed what a sampling engine draws by
 * @param settings the constants of exploration; engines that do not explore ignore them
 */
public record SearchRequest(
    QueryVectors queries, int k, ItemSet eligible, long seed, ExploreSettings settings) {

  public SearchRequest {
    Objects.requireNonNull(queries, "queries");
    Objects.requireNonNull(eligible, "eligible");
    Objects.requireNonNull(settings, "settings");
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + "; expected at least 1");
    }
  }
}
