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
 * @param entries ordinals that an exploration scores together with its sample, such as items known
 *     to be near; engines that do not explore ignore them
 * @param explain whether {@link Search#explanation} will be asked for
 * @param mostFetched item vectors that may be asked for by {@link Search.Step.NeedVectors}; engines
 *     that hold them ignore it
 */
public record SearchRequest(
    QueryVectors queries,
    int k,
    ItemSet eligible,
    long seed,
    ExploreSettings settings,
    int[] entries,
    boolean explain,
    int mostFetched) {

  /** A search by an engine that holds the item vectors. */
  public SearchRequest(
      QueryVectors queries,
      int k,
      ItemSet eligible,
      long seed,
      ExploreSettings settings,
      int[] entries,
      boolean explain) {
    this(queries, k, eligible, seed, settings, entries, explain, 0);
  }

  /** A search that knows no entries and is not explained. */
  public SearchRequest(
      QueryVectors queries, int k, ItemSet eligible, long seed, ExploreSettings settings) {
    this(queries, k, eligible, seed, settings, new int[0], false);
  }

  public SearchRequest {
    Objects.requireNonNull(queries, "queries");
    Objects.requireNonNull(eligible, "eligible");
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(entries, "entries");
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + "; expected at least 1");
    }
    if (mostFetched < 0) {
      throw new IllegalArgumentException("mostFetched is " + mostFetched + "; expected 0 or more");
    }
  }
}
