package io.trawl.space;

import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import io.trawl.retrieval.QueryVectors;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request and what every faithful implementation must make of it. The arrays are the record's
 * own; nobody changes them.
 *
 * @param line the line of {@code golden.jsonl}, from 1
 * @param now the time of the request, or null where times are not known
 * @param tokenIds padded to an accepted length
 * @param attentionMask 0 at padding and 1 elsewhere
 * @param itemPositions the positions at which an item embedding enters, ascending
 * @param itemOrdinals whose embedding, parallel to {@code itemPositions}
 * @param queryVectors what the backbone gives
 * @param topOrdinals the exact top 20 by maximum inner product, best first
 * @param topScores their scores
 */
public record GoldenRequest(
    int line,
    ObjectiveRequest objective,
    User user,
    @Nullable Instant now,
    long[] tokenIds,
    long[] attentionMask,
    int[] itemPositions,
    int[] itemOrdinals,
    QueryVectors queryVectors,
    int[] topOrdinals,
    float[] topScores) {

  /** How many items {@code top} has, in a catalogue with as many. */
  public static final int TOP = 20;

  public GoldenRequest {
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(queryVectors, "queryVectors");
  }
}
