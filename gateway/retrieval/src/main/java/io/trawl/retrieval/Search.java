package io.trawl.retrieval;

/**
 * One search as a step machine. Whoever drives it calls {@link #advance} until it is {@link
 * Step.Finished}, hands in neighbours, hits or item vectors when asked, and may stop after any
 * step: {@link #result} is valid at every moment between two calls. Not safe for use by two threads
 * at once.
 */
public interface Search {

  /**
   * Does one bounded piece of work (some 30 million multiply-adds at most) and says what comes
   * next.
   *
   * @throws IllegalStateException if something was asked for and not supplied
   */
  Step advance();

  /**
   * Hands in what {@link Step.NeedNeighbours} asked for.
   *
   * @param lists one row per asked ordinal, in the order asked; entries may be -1, and rows shorter
   *     than asked
   * @throws IllegalStateException if nothing was asked
   * @throws IllegalArgumentException if the rows are not as asked; the search still waits then
   */
  void supply(int[][] lists);

  /**
   * Hands in what {@link Step.NeedHits} asked for.
   *
   * @param hits one list per asked query vector, in the order asked
   * @throws IllegalStateException if nothing was asked
   * @throws IllegalArgumentException if the lists are not as asked; the search still waits then
   */
  default void supply(Hits hits) {
    throw new IllegalStateException("no hits were asked for");
  }

  /**
   * Hands in what {@link Step.NeedVectors} asked for.
   *
   * @param rows one per asked ordinal, in the order asked; not changed afterwards
   * @throws IllegalStateException if nothing was asked
   * @throws IllegalArgumentException if the rows are not as asked; the search still waits then
   */
  default void supply(ItemVectors rows) {
    throw new IllegalStateException("no item vectors were asked for");
  }

  /**
   * The best eligible items found so far and the counters. A search by rounds answers with what its
   * finished rounds found (in the first one, with what has been scored), so that an answer cut
   * short can be repeated by its seed and its number of rounds.
   */
  SearchResult result();

  /**
   * Why {@link #result} is as it is at this moment.
   *
   * @throws IllegalStateException if the search was not started with {@link SearchRequest#explain}
   */
  SearchExplanation explanation();

  /** Runs to the end on this thread, with neighbours from memory. */
  default SearchResult finish(NeighbourTable neighbours) {
    for (var step = advance(); ; step = advance()) {
      switch (step) {
        case Step.More _ -> {}
        case Step.NeedNeighbours need -> supply(neighbours.lists(need.ordinals(), need.count()));
        case Step.NeedHits _ ->
            throw new IllegalStateException("a neighbour graph has no hits to give");
        case Step.NeedVectors _ ->
            throw new IllegalStateException("a neighbour graph has no item vectors to give");
        case Step.Finished _ -> {
          return result();
        }
      }
    }
  }

  /** What comes next. */
  sealed interface Step {

    /** There is more to score; call {@link Search#advance} again. A place to look at the clock. */
    record More() implements Step {}

    /**
     * The neighbours of these items are needed before the next {@link Search#advance}.
     *
     * @param ordinals the items, none asked twice in one search
     * @param count how many of each one's nearest neighbours
     */
    record NeedNeighbours(int[] ordinals, int count) implements Step {}

    /**
     * What an index finds for these query vectors is needed before the next {@link Search#advance}.
     *
     * @param queryVectors indices into the search's query vectors, ascending
     * @param limit how many items for each
     */
    record NeedHits(int[] queryVectors, int limit) implements Step {}

    /**
     * The vectors of these items are needed before the next {@link Search#advance}.
     *
     * @param ordinals the items, none asked twice in one search, and in all no more than {@link
     *     SearchRequest#mostFetched}
     */
    record NeedVectors(int[] ordinals) implements Step {}

    /** Nothing is left to do. */
    record Finished() implements Step {}
  }
}
