package io.trawl.space;

import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import io.trawl.retrieval.QueryVectors;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request and what every faithful implementation must make of it. The arrays are the records'
 * own; nobody changes them.
 *
 * @param line the line of {@code golden.jsonl}, from 1
 * @param now the time of the request, or null where times are not known
 * @param tokens how the prompt is written
 * @param queryVectors what the backbone gives
 * @param top the exact top {@value #TOP} by maximum inner product
 */
public record GoldenRequest(
    int line,
    ObjectiveRequest objective,
    User user,
    @Nullable Instant now,
    Tokens tokens,
    QueryVectors queryVectors,
    Top top) {

  /** How many items {@code top} has, in a catalogue with as many. */
  public static final int TOP = 20;

  public GoldenRequest {
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(queryVectors, "queryVectors");
    Objects.requireNonNull(top, "top");
  }

  /**
   * A prompt as the backbone reads it.
   *
   * @param ids padded to an accepted length
   * @param attentionMask 0 at padding and 1 elsewhere
   * @param itemPositions the positions at which an item embedding enters, ascending
   * @param itemOrdinals whose embedding, parallel to {@code itemPositions}
   */
  public record Tokens(long[] ids, long[] attentionMask, int[] itemPositions, int[] itemOrdinals) {}

  /**
   * The best items.
   *
   * @param ordinals best first
   * @param scores theirs
   */
  public record Top(int[] ordinals, float[] scores) {}
}
