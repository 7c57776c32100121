package io.trawl.api.check;

import io.trawl.domain.RequestBounds;
import java.time.Duration;
import java.util.Objects;

/**
 * What one request may ask for. A request beyond a bound is refused with an error that names the
 * field, its value and the bound; nothing is cut silently. Lower ones than {@link RequestBounds}
 * may refuse what the sample users of a space ask.
 *
 * @param maxK items per objective; default 1000. Too high: answers of many megabytes
 * @param defaultK items per objective where the request names none; default 10, at most {@code
 *     maxK}
 * @param maxObjectives objectives per request, each a call of the backbone; default 8
 * @param maxHistory behaviours of a history; default 2000. Spaces truncate to far fewer: too high
 *     only costs parsing
 * @param maxExcludedItems ids that must not be returned; default 10000
 * @param maxIdChars UTF-16 characters of an id or a name: user, item, action, objective, attribute,
 *     engine; default 256
 * @param maxTextChars UTF-16 characters of an objective's text, of a profile's key or value, and of
 *     a text value in a filter; default 1024
 * @param maxProfileEntries entries of a profile; default 64
 * @param maxFilterConditions conditions of a filter, those inside others counted too; default 256
 * @param maxFilterDepth how deep conditions may stand inside others, 1 to 16; default 8
 * @param maxFilterValues values of one {@code in}; default 1000
 * @param maxRounds rounds of exploration; default 16. Too high: a request may take its whole
 *     deadline
 * @param maxSample items scored in the first round; default 1000000
 * @param maxKeep items whose neighbours a round adds; default 100000
 * @param maxNeighbours neighbours taken of each kept item; default 1024
 * @param maxBatch requests of one batch; default 64. Too high: a batch of heavy requests keeps
 *     others waiting
 * @param maxSimilarItems items that similar ones are sought for, and items to keep away from;
 *     default 128
 * @param maxQueryVectors query vectors that a caller brings; default 1024
 * @param maxBodyBytes bytes of a request's body or message, also after decompression; default 1
 *     MiB. Too low: long histories are refused as too large
 * @param maxViolations violations reported of one request, 1 to 64; default 16. Too low: callers
 *     repair their requests one field at a time
 * @param defaultDeadline deadline of a request that names none; default 1 s, at most {@code
 *     maxDeadline}
 * @param maxDeadline the longest deadline; a longer {@code deadline_ms} is refused, a longer {@code
 *     grpc-timeout} is capped; default 10 s, at least 1 ms
 * @param deadlineGrace how long after its deadline an answer that is being made is still waited
 *     for; default 100 ms. Too low: labelled partial answers are lost as "deadline passed"
 */
public record ApiLimits(
    int maxK,
    int defaultK,
    int maxObjectives,
    int maxHistory,
    int maxExcludedItems,
    int maxIdChars,
    int maxTextChars,
    int maxProfileEntries,
    int maxFilterConditions,
    int maxFilterDepth,
    int maxFilterValues,
    int maxRounds,
    int maxSample,
    int maxKeep,
    int maxNeighbours,
    int maxBatch,
    int maxSimilarItems,
    int maxQueryVectors,
    int maxBodyBytes,
    int maxViolations,
    Duration defaultDeadline,
    Duration maxDeadline,
    Duration deadlineGrace) {

  public ApiLimits {
    within("maxK", maxK, 1, Integer.MAX_VALUE);
    within("defaultK", defaultK, 1, maxK);
    within("maxObjectives", maxObjectives, 1, 1024);
    within("maxHistory", maxHistory, 0, Integer.MAX_VALUE);
    within("maxExcludedItems", maxExcludedItems, 0, Integer.MAX_VALUE);
    within("maxIdChars", maxIdChars, 1, 65_536);
    within("maxTextChars", maxTextChars, 1, Integer.MAX_VALUE);
    within("maxProfileEntries", maxProfileEntries, 0, Integer.MAX_VALUE);
    within("maxFilterConditions", maxFilterConditions, 1, Integer.MAX_VALUE);
    within("maxFilterDepth", maxFilterDepth, 1, 16);
    within("maxFilterValues", maxFilterValues, 1, Integer.MAX_VALUE);
    within("maxRounds", maxRounds, 1, Integer.MAX_VALUE);
    within("maxSample", maxSample, 1, Integer.MAX_VALUE);
    within("maxKeep", maxKeep, 1, Integer.MAX_VALUE);
    within("maxNeighbours", maxNeighbours, 1, Integer.MAX_VALUE);
    within("maxBatch", maxBatch, 1, 1024);
    within("maxSimilarItems", maxSimilarItems, 1, 1024);
    within("maxQueryVectors", maxQueryVectors, 1, 4096);
    within("maxBodyBytes", maxBodyBytes, 1024, 1 << 30);
    within("maxViolations", maxViolations, 1, 64);
    Objects.requireNonNull(defaultDeadline, "defaultDeadline");
    Objects.requireNonNull(maxDeadline, "maxDeadline");
    Objects.requireNonNull(deadlineGrace, "deadlineGrace");
    within("maxDeadline in ms", maxDeadline.toMillis(), 1, 3_600_000);
    within("defaultDeadline in ms", defaultDeadline.toMillis(), 1, maxDeadline.toMillis());
    within("deadlineGrace in ms", deadlineGrace.toMillis(), 1, 60_000);
  }

  /** The defaults named above. */
  public static ApiLimits defaults() {
    return new ApiLimits(
        1000,
        10,
        8,
        RequestBounds.MAX_HISTORY,
        10_000,
        RequestBounds.MAX_ID_CHARS,
        RequestBounds.MAX_TEXT_CHARS,
        RequestBounds.MAX_PROFILE_ENTRIES,
        256,
        8,
        1000,
        16,
        1_000_000,
        100_000,
        1024,
        64,
        128,
        1024,
        1 << 20,
        16,
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        Duration.ofMillis(100));
  }

  private static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; expected " + least + " to " + most);
    }
  }
}
