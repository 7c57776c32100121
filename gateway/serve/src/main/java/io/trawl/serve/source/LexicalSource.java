package io.trawl.serve.source;

import io.trawl.retrieval.ItemSet;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** Finds a space's items by the words of a text. Safe for use by all threads. */
@FunctionalInterface
public interface LexicalSource {

  /** Of a space whose index nobody opened. */
  LexicalSource NONE =
      (_, _, _, _) -> {
        throw new SourceFailed("the space has no lexical index");
      };

  /**
   * The eligible items whose words fit those of the text best. Works until it is done, on the
   * caller's thread: for the compute pool.
   *
   * @param limit how many at most
   * @param stop asked now and then; once it is true the search ends
   * @throws SourceFailed where it was stopped, or cannot be made
   */
  Found find(String text, int limit, ItemSet eligible, BooleanSupplier stop);

  /**
   * What was found.
   *
   * @param ordinals best first, ties by ascending ordinal; items without any of the words are not
   *     among them
   * @param scores parallel to {@code ordinals}
   */
  record Found(int[] ordinals, float[] scores) {

    public static final Found NOTHING = new Found(new int[0], new float[0]);

    public Found {
      Objects.requireNonNull(ordinals, "ordinals");
      Objects.requireNonNull(scores, "scores");
      if (ordinals.length != scores.length) {
        throw new IllegalArgumentException(
            "%d ordinals have %d scores".formatted(ordinals.length, scores.length));
      }
    }
  }
}
