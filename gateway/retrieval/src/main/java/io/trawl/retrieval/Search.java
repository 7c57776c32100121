package io.trawl.retrieval;

/**
 * One search as a step machine. Whoever drives it calls {@link #advance} until it is {@link
 * Step.Finished}, hands in neighbours when asked, and may stop after any step: {@link #result} is
 * valid at every moment between two calls. Not safe for use by two threads at once.
 */
public interface Search {

  /** Does one bounded piece of work and says what comes next. */
  Step advance();

  /**
   * Hands in what {@link Step.NeedNeighbours} asked for.
   *
   * @param lists one row per asked ordinal, in the order asked; entries may be -1, and rows shorter
   *     than asked
   * @throws IllegalStateException if nothing was asked
   */
  void supply(int[][] lists);

  /** The best eligible items found so far and the counters. */
  SearchResult result();

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

    /** Nothing is left to do. */
    record Finished() implements Step {}
  }
}
