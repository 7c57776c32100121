package io.trawl.retrieval;

import java.util.Locale;

/**
 * One search as a step machine. Whoever drives it calls {@link #advance} until it is {@link
 * Step.Finished}, supplies neighbours, hits or item vectors when asked, and may stop after any
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
   * Hands in what was asked for.
   *
   * @throws IllegalStateException if nothing of that kind was asked
   * @throws IllegalArgumentException if it is not as asked; the search still waits then
   */
  default void supply(Answer answer) {
    throw notAsked(answer);
  }

  static IllegalStateException notAsked(Answer answer) {
    return new IllegalStateException(
        answer.getClass().getSimpleName().toLowerCase(Locale.ROOT) + " were not asked for");
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

  /** Runs a search that asks for nothing, such as a scan, to the end on this thread. */
  default SearchResult finish() {
    return finish(NeighbourTable.of(new int[0], 1));
  }

  /** Runs to the end on this thread, with neighbours from memory. */
  default SearchResult finish(NeighbourTable neighbours) {
    for (var step = advance(); ; step = advance()) {
      switch (step) {
        case Step.More _ -> {}
        case Step.NeedNeighbours(var ordinals, var count) ->
            supply(new Answer.Neighbours(neighbours.lists(ordinals, count)));
        case Step.Need need ->
            throw new IllegalStateException("a neighbour graph has nothing to give for " + need);
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

    /** Something is to be supplied before the next {@link Search#advance}. */
    sealed interface Need extends Step {}

    /**
     * {@link Answer.Neighbours} of these items are needed.
     *
     * @param ordinals the items, none asked twice in one search
     * @param count how many of each one's nearest neighbours
     */
    record NeedNeighbours(int[] ordinals, int count) implements Need {}

    /**
     * What an index finds for these query vectors is needed: {@link Hits}.
     *
     * @param queryVectors indices into the search's query vectors, ascending
     * @param limit how many items for each
     */
    record NeedHits(int[] queryVectors, int limit) implements Need {}

    /**
     * {@link Answer.Vectors} of these items are needed.
     *
     * @param ordinals the items, none asked twice in one search, and in all no more than {@link
     *     SearchRequest#mostFetched}
     */
    record NeedVectors(int[] ordinals) implements Need {}

    /** Nothing is left to do. */
    record Finished() implements Step {}
  }

  /** What a search is supplied with. */
  sealed interface Answer permits Answer.Neighbours, Answer.Vectors, Hits {

    /**
     * For {@link Step.NeedNeighbours}.
     *
     * @param lists one row per asked ordinal, in the order asked; entries may be -1, and rows
     *     shorter than asked
     */
    record Neighbours(int[][] lists) implements Answer {}

    /**
     * For {@link Step.NeedVectors}.
     *
     * @param rows one per asked ordinal, in the order asked; not changed afterwards
     */
    record Vectors(ItemVectors rows) implements Answer {}
  }
}
