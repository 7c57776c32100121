package io.trawl.api.check;

import io.trawl.domain.RequestBounds;
import java.time.Duration;
import java.util.Objects;

/**
 * What one request may ask for. A request beyond a bound is refused with an error that names the
 * field, its value and the bound; nothing is cut silently. Lower ones than {@link RequestBounds}
 * may refuse what the sample users of a space ask.
 */
public record ApiLimits(
    Counts counts,
    Texts texts,
    Filters filters,
    Exploration exploration,
    Messages messages,
    Deadlines deadlines) {

  public ApiLimits {
    Objects.requireNonNull(counts, "counts");
    Objects.requireNonNull(texts, "texts");
    Objects.requireNonNull(filters, "filters");
    Objects.requireNonNull(exploration, "exploration");
    Objects.requireNonNull(messages, "messages");
    Objects.requireNonNull(deadlines, "deadlines");
  }

  /** The defaults named below. */
  public static ApiLimits defaults() {
    return new ApiLimits(
        new Counts(1000, 10, 8, RequestBounds.MAX_HISTORY, 10_000, 128, 1024, 64),
        new Texts(
            RequestBounds.MAX_ID_CHARS,
            RequestBounds.MAX_TEXT_CHARS,
            RequestBounds.MAX_PROFILE_ENTRIES),
        new Filters(256, 8, 64, 1000, 10_000),
        new Exploration(16, 1_000_000, 100_000, 1024),
        new Messages(1 << 20, 16),
        new Deadlines(Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMillis(2)));
  }

  /**
   * How many of everything.
   *
   * @param maxK items per objective; default 1000. Too high: answers of many megabytes
   * @param defaultK items per objective where the request names none; default 10, at most {@code
   *     maxK}
   * @param maxObjectives objectives per request, each a call of the backbone; default 8
   * @param maxHistory behaviours of a history; default 2000. Spaces truncate to far fewer: too high
   *     only costs parsing
   * @param maxExcludedItems ids that must not be returned; default 10000
   * @param maxSimilarItems items that similar ones are sought for, and items to keep away from;
   *     default 128
   * @param maxQueryVectors query vectors that a caller brings; default 1024
   * @param maxBatch requests of one batch; default 64. Too high: a batch of heavy requests keeps
   *     others waiting
   */
  public record Counts(
      int maxK,
      int defaultK,
      int maxObjectives,
      int maxHistory,
      int maxExcludedItems,
      int maxSimilarItems,
      int maxQueryVectors,
      int maxBatch) {
    public Counts {
      within("maxK", maxK, 1, Integer.MAX_VALUE);
      within("defaultK", defaultK, 1, maxK);
      within("maxObjectives", maxObjectives, 1, 1024);
      within("maxHistory", maxHistory, 0, Integer.MAX_VALUE);
      within("maxExcludedItems", maxExcludedItems, 0, Integer.MAX_VALUE);
      within("maxSimilarItems", maxSimilarItems, 1, 1024);
      within("maxQueryVectors", maxQueryVectors, 1, 4096);
      within("maxBatch", maxBatch, 1, 1024);
    }
  }

  /**
   * How long texts are.
   *
   * @param maxIdChars UTF-16 characters of an id or a name: user, item, action, objective,
   *     attribute, engine; default 256
   * @param maxTextChars UTF-16 characters of an objective's text, of a profile's key or value, and
   *     of a text value in a filter; default 1024
   * @param maxProfileEntries entries of a profile; default 64
   */
  public record Texts(int maxIdChars, int maxTextChars, int maxProfileEntries) {
    public Texts {
      within("maxIdChars", maxIdChars, 1, 65_536);
      within("maxTextChars", maxTextChars, 1, Integer.MAX_VALUE);
      within("maxProfileEntries", maxProfileEntries, 0, Integer.MAX_VALUE);
    }
  }

  /**
   * How large a filter is.
   *
   * @param maxFilterConditions conditions of a filter, those inside others counted too; default 256
   * @param maxFilterDepth how deep conditions may stand inside others, 1 to 16; default 8
   * @param maxFilterComparisons comparisons among the conditions, each of which looks at every item
   *     of the space; default 64
   * @param maxFilterValues values of one {@code in}; default 1000
   * @param maxFilterValuesInAll values of all {@code in} together; default 10000
   */
  public record Filters(
      int maxFilterConditions,
      int maxFilterDepth,
      int maxFilterComparisons,
      int maxFilterValues,
      int maxFilterValuesInAll) {
    public Filters {
      within("maxFilterConditions", maxFilterConditions, 1, Integer.MAX_VALUE);
      within("maxFilterDepth", maxFilterDepth, 1, 16);
      within("maxFilterComparisons", maxFilterComparisons, 1, Integer.MAX_VALUE);
      within("maxFilterValues", maxFilterValues, 1, Integer.MAX_VALUE);
      within("maxFilterValuesInAll", maxFilterValuesInAll, 1, Integer.MAX_VALUE);
    }
  }

  /**
   * How far a search may go.
   *
   * @param maxRounds rounds of exploration; default 16. Too high: a request may take its whole
   *     deadline
   * @param maxSample items scored in the first round; default 1000000
   * @param maxKeep items whose neighbours a round adds; default 100000
   * @param maxNeighbours neighbours taken of each kept item; default 1024
   */
  public record Exploration(int maxRounds, int maxSample, int maxKeep, int maxNeighbours) {
    public Exploration {
      within("maxRounds", maxRounds, 1, Integer.MAX_VALUE);
      within("maxSample", maxSample, 1, Integer.MAX_VALUE);
      within("maxKeep", maxKeep, 1, Integer.MAX_VALUE);
      within("maxNeighbours", maxNeighbours, 1, Integer.MAX_VALUE);
    }
  }

  /**
   * How much comes in, and how much is said of what is wrong with it.
   *
   * @param maxBodyBytes bytes of a request's body or message, also after decompression; default 1
   *     MiB. Too low: long histories are refused as too large
   * @param maxViolations violations reported of one request, 1 to 64; default 16. Too low: callers
   *     repair their requests one field at a time
   */
  public record Messages(int maxBodyBytes, int maxViolations) {
    public Messages {
      within("maxBodyBytes", maxBodyBytes, 1024, 1 << 30);
      within("maxViolations", maxViolations, 1, 64);
    }
  }

  /**
   * How long it may take.
   *
   * @param defaultDeadline deadline of a request that names none; default 1 s, at most {@code
   *     maxDeadline}
   * @param maxDeadline the longest deadline; a longer {@code deadline_ms} is refused, a longer
   *     {@code grpc-timeout} is capped; default 10 s, at least 1 ms
   * @param deadlineGrace how long after its deadline an answer is still waited for and written;
   *     default 2 ms. Too high: answers go to callers who have left
   */
  public record Deadlines(Duration defaultDeadline, Duration maxDeadline, Duration deadlineGrace) {
    public Deadlines {
      within("maxDeadline in ms", maxDeadline.toMillis(), 1, 3_600_000);
      within("defaultDeadline in ms", defaultDeadline.toMillis(), 1, maxDeadline.toMillis());
      within("deadlineGrace in ms", deadlineGrace.toMillis(), 1, 60_000);
    }
  }

  private static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; expected " + least + " to " + most);
    }
  }
}
