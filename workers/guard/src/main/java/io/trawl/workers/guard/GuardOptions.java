package io.trawl.workers.guard;

import java.time.Duration;
import java.util.Objects;

/**
 * How a guard lets calls through.
 *
 * @param concurrency calls that may be under way at once, default 64. Small: calls are refused that
 *     the called one had room for; large: it is drowned when it is slow
 * @param window the last so many calls decide whether the breaker opens, default 50
 * @param minimumCalls calls that must have ended before it may open, default 10. Small: one hiccup
 *     after the start opens it; large: callers pay for longer for a dead server
 * @param failureRate share of failed calls in the window that opens it, above 0 to 1, default 0.5
 * @param slowAfter a call that takes longer is slow, even if it succeeded; default 2 s
 * @param slowRate share of slow calls in the window that opens it, above 0 to 1, default 0.8
 * @param openFor how long it stays open before it lets probes through, default 1 s. Long: service
 *     returns late after the called one's recovery; short: a struggling server gets no rest
 * @param probes calls let through before it decides to close or to open again, default 3
 */
public record GuardOptions(
    int concurrency,
    int window,
    int minimumCalls,
    double failureRate,
    Duration slowAfter,
    double slowRate,
    Duration openFor,
    int probes) {

  public GuardOptions {
    Objects.requireNonNull(slowAfter, "slowAfter");
    Objects.requireNonNull(openFor, "openFor");
    within("concurrency", concurrency, 1, 1_000_000);
    within("window", window, 1, 100_000);
    within("minimumCalls", minimumCalls, 1, window);
    within("probes", probes, 1, 1_000);
    rate("failureRate", failureRate);
    rate("slowRate", slowRate);
    atLeastOneMilli("slowAfter", slowAfter);
    atLeastOneMilli("openFor", openFor);
  }

  public static GuardOptions defaults() {
    return new GuardOptions(64, 50, 10, 0.5, Duration.ofSeconds(2), 0.8, Duration.ofSeconds(1), 3);
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d; expected %d to %d".formatted(name, value, least, most));
    }
  }

  private static void rate(String name, double value) {
    // Written so that a NaN is refused too.
    if (!(value > 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "%s is %s; expected a share above 0, at most 1".formatted(name, value));
    }
  }

  private static void atLeastOneMilli(String name, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException("%s is %s; expected at least 1 ms".formatted(name, value));
    }
  }
}
