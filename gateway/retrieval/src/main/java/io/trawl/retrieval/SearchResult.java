package io.trawl.retrieval;

import io.trawl.domain.Certificate;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a search found, and at what price.
 *
 * @param ordinals the best eligible items, best first, ties by ascending ordinal
 * @param scores their scores, parallel to {@code ordinals}
 * @param rounds rounds finished; a whole scan is one
 * @param itemsScored distinct items scored, whether they ended in the result or not
 * @param bytesRead bytes of item vectors read to score them
 * @param finished whether the engine did all it meant to do
 * @param itemsDropped candidates that were not scored, since no more item vectors could be fetched
 * @param certificate what an engine that unites lists of an index promises; null for the others
 */
public record SearchResult(
    int[] ordinals,
    float[] scores,
    int rounds,
    long itemsScored,
    long bytesRead,
    boolean finished,
    long itemsDropped,
    @Nullable Certificate certificate) {

  /** A result of an engine that gives no certificate and scores whatever it meets. */
  public SearchResult(
      int[] ordinals,
      float[] scores,
      int rounds,
      long itemsScored,
      long bytesRead,
      boolean finished) {
    this(ordinals, scores, rounds, itemsScored, bytesRead, finished, 0, null);
  }

  public SearchResult {
    Objects.requireNonNull(ordinals, "ordinals");
    Objects.requireNonNull(scores, "scores");
    if (ordinals.length != scores.length) {
      throw new IllegalArgumentException(
          "%d ordinals have %d scores".formatted(ordinals.length, scores.length));
    }
  }

  /** The same with a certificate, or with none. */
  public SearchResult with(@Nullable Certificate value) {
    return new SearchResult(
        ordinals, scores, rounds, itemsScored, bytesRead, finished, itemsDropped, value);
  }

  SearchResult withDropped(long value) {
    return new SearchResult(
        ordinals, scores, rounds, itemsScored, bytesRead, finished, value, certificate);
  }
}
