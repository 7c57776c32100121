package io.trawl.retrieval;

import io.trawl.domain.EngineName;

/**
 * A way to find the top K of a space for given query vectors. Stateless; shared by all requests.
 */
public interface Engine {

  /**
   * Scores every eligible item: the truth for every recall figure.
   *
   * <p>The price is a whole scan, one row of item vectors after the other; items that are not
   * eligible are not read.
   */
  static Engine exact(ItemVectors items, ScoreKernel kernel) {
    return new ExactEngine(items, kernel);
  }

  /**
   * Scores a sample, then the neighbours of the best it knows, for a few rounds. Asks for
   * neighbours by {@link Search.Step.NeedNeighbours} and leaves open where they come from.
   */
  static Engine explore(ItemVectors items, ScoreKernel kernel) {
    return new ExploreEngine(new SearchedItems.Held(items, kernel));
  }

  /**
   * The same where nobody holds the item vectors: asks for those that it scores by {@link
   * Search.Step.NeedVectors}, for {@link SearchRequest#mostFetched} at most.
   *
   * @param count N, the number of items
   * @param width H, the numbers per vector
   */
  static Engine exploreFetched(int count, int width, ScoreKernel kernel) {
    return new ExploreEngine(new SearchedItems.Fetched(count, width, kernel));
  }

  /**
   * Unites what an index outside finds for each query vector, first by short lists, then by deeper
   * ones where these may have missed something. Asks for them by {@link Search.Step.NeedHits} and
   * leaves open where they come from.
   *
   * @param firstHits hits asked for each query vector at first; 0 derives them from k and M
   */
  static Engine milvus(ItemVectors items, ScoreKernel kernel, int firstHits) {
    return new UnionEngine(new SearchedItems.Held(items, kernel), firstHits);
  }

  /** The same where nobody holds the item vectors, as {@link #exploreFetched}. */
  static Engine milvusFetched(int count, int width, ScoreKernel kernel, int firstHits) {
    return new UnionEngine(new SearchedItems.Fetched(count, width, kernel), firstHits);
  }

  /** The engine's name in requests, answers and metrics. */
  EngineName name();

  /**
   * Begins a search; nothing is scored yet. Total: with no query vectors, or over an empty
   * catalogue, it finishes at once and finds nothing.
   *
   * @throws IllegalArgumentException if the query vectors or the eligible items are of another
   *     space's shape
   */
  Search start(SearchRequest request);
}
