package io.trawl.encode;

import java.util.Objects;

/**
 * A request as the backbone reads it. The arrays are the record's own; nobody changes them.
 *
 * @param tokenIds padded on the left to an accepted length
 * @param attentionMask 0 at padding, 1 elsewhere
 * @param itemPositions the positions at which an item embedding enters, ascending
 * @param itemOrdinals whose embedding, parallel to {@code itemPositions}
 * @param behavioursSkipped behaviours left out because the space does not know their item or action
 * @param behavioursDropped known behaviours left out because there was no room for them
 */
@SuppressWarnings("ArrayRecordComponent") // read by index on the hot path; compared nowhere
public record Prompt(
    long[] tokenIds,
    long[] attentionMask,
    int[] itemPositions,
    int[] itemOrdinals,
    int behavioursSkipped,
    int behavioursDropped) {

  public Prompt {
    Objects.requireNonNull(tokenIds, "tokenIds");
    Objects.requireNonNull(attentionMask, "attentionMask");
    if (tokenIds.length != attentionMask.length) {
      throw new IllegalArgumentException(
          "%d token ids have a mask of %d".formatted(tokenIds.length, attentionMask.length));
    }
    if (itemPositions.length != itemOrdinals.length) {
      throw new IllegalArgumentException(
          "%d item positions have %d ordinals"
              .formatted(itemPositions.length, itemOrdinals.length));
    }
  }

  /** L. */
  public int length() {
    return tokenIds.length;
  }
}
