package io.trawl.serve;

import java.time.Duration;
import java.util.Objects;

/**
 * How searches are run where a request leaves the choice to the gateway.
 *
 * @param engine engine of requests that name none: {@code explore} (default; falls back to {@code
 *     exact} for a space without a neighbour graph) or {@code exact}. Wrong: every request pays for
 *     a full scan, or recall drops
 * @param explore constants of exploration
 * @param answerReserve time before the deadline at which a search stops, so that its best list
 *     still gets out; default 3 ms. Too small: answers miss the deadline that they were cut short
 *     for
 * @param computeThreads threads that score, default the number of processors. More than processors
 *     only adds switching
 * @param computeQueue searches that may wait for a thread, default 256; what finds no room is shed
 */
public record SearchOptions(
    String engine,
    ExploreOptions explore,
    Duration answerReserve,
    int computeThreads,
    int computeQueue) {

  public SearchOptions {
    Objects.requireNonNull(explore, "explore");
    if (!engine.equals("explore") && !engine.equals("exact")) {
      throw new IllegalArgumentException(
          "engine is '" + engine + "'; expected 'explore' or 'exact'");
    }
    if (answerReserve.isNegative()) {
      throw new IllegalArgumentException(
          "answerReserve is " + answerReserve + "; expected zero or more");
    }
    atLeastOne("computeThreads", computeThreads);
    atLeastOne("computeQueue", computeQueue);
  }

  public static SearchOptions defaults() {
    return new SearchOptions(
        "explore",
        ExploreOptions.defaults(),
        Duration.ofMillis(3),
        Runtime.getRuntime().availableProcessors(),
        256);
  }

  private static void atLeastOne(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " is " + value + "; expected at least 1");
    }
  }
}
