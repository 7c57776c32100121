package io.trawl.retrieval;

import java.util.Objects;

/**
 * What a search found, and at what price.
 *
 * @param ordinals the best eligible items, best first, ties by ascending ordinal
 * @param scores their scores, parallel to {@code ordinals}
 * @param rounds rounds finished; a whole scan is one
 * @param itemsScored distinct items scored, whether they ended in the result or not
 * @param bytesRead bytes of item vectors read to score them
 * @param finished whether the engine did all it meant to do
 */
public record SearchResult(
    int[] ordinals,
    float[] scores,
    int rounds,
    long itemsScored,
    long bytesRead,
    boolean finished) {

  public SearchResult {
    Objects.requireNonNull(ordinals, "ordinals");
    Objects.requireNonNull(scores, "scores");
    if (ordinals.length != scores.length) {
      throw new IllegalArgumentException(
          "%d ordinals have %d scores".formatted(ordinals.length, scores.length));
    }
  }
}
