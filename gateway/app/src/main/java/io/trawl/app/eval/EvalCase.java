package io.trawl.app.eval;

import io.trawl.space.SampleUser;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One user asking for one objective.
 *
 * @param history ordinals of the user's behaviours, oldest first, those that the space knows
 * @param text what the user asks with, or null where the objective takes no text
 * @param truth ordinals of the items that count as right, at least one
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; hundreds of thousands are kept.
record EvalCase(
    SampleUser user, String objective, int[] history, @Nullable String text, int[] truth) {

  EvalCase {
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(objective, "objective");
    if (truth.length == 0) {
      throw new IllegalArgumentException("truth is empty; expected at least one right item");
    }
  }

  /** The rank of each right item in the oracle's ranking; empty where there is none. */
  int[] oracleRanks() {
    var heldOut = user.heldOut().get(objective);
    return heldOut == null
        ? new int[0]
        : heldOut.oracleRanks().stream().mapToInt(Integer::intValue).toArray();
  }
}
