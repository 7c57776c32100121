package io.trawl.bench.load;

import java.time.Duration;
import java.util.List;

/**
 * What is sent, how often and for how long; the keys of a scenario's file beside {@code mix}.
 *
 * @param title what it is for, in a sentence
 * @param seed of every chance in it; default 7
 * @param stages whether the time per stage is read out of good answers; costs the generator a
 *     decoding of each. Default false
 */
record Scenario(
    String title,
    Pacing pacing,
    Times times,
    Room room,
    UserChoice users,
    boolean refusals,
    boolean stages,
    long seed) {

  private static final Duration LONGEST = Duration.ofHours(24);

  /** When requests begin. */
  enum Loop {
    /** By the clock, whether others have been answered or not. */
    OPEN,
    /** By callers, each of which waits for its answer. */
    CLOSED
  }

  /** How the requests of an open loop are spread. */
  enum Arrivals {
    FIXED,
    POISSON
  }

  /** How requests to the HTTP port travel. */
  enum HttpForm {
    HTTP1,
    HTTP2
  }

  /**
   * When the next request begins.
   *
   * @param loop {@code open} or {@code closed}
   * @param arrivals in an open loop: {@code poisson} (default; as of many callers that know nothing
   *     of each other) or {@code fixed}
   * @param rate in an open loop: requests a second
   * @param callers in a closed loop: how many
   * @param think in a closed loop: how long a caller rests after its answer
   */
  record Pacing(Loop loop, Arrivals arrivals, double rate, int callers, Duration think) {
    Pacing {
      within("rate", rate, 0.01, 1_000_000);
      within("callers", callers, 1, 100_000);
      between("think", think, Duration.ZERO, Duration.ofHours(1));
    }
  }

  /**
   * How long.
   *
   * @param warmUp requests that begin in it are sent and not counted
   * @param duration of the counted part
   * @param deadline that a good request asks for, {@code deadline_ms}
   * @param grace how long after its deadline an answer still counts as within it: its way back;
   *     default 5 ms
   * @param lateAfter a request that leaves this much after its time counts as late; default 10 ms
   */
  record Times(
      Duration warmUp, Duration duration, Duration deadline, Duration grace, Duration lateAfter) {
    Times {
      between("warmUp", warmUp, Duration.ZERO, LONGEST);
      between("duration", duration, Duration.ofMillis(1), LONGEST);
      between("deadline", deadline, Duration.ofMillis(1), Duration.ofMinutes(10));
      between("grace", grace, Duration.ZERO, Duration.ofMinutes(1));
      between("lateAfter", lateAfter, Duration.ZERO, Duration.ofMinutes(1));
    }
  }

  /**
   * What the generator may hold.
   *
   * @param mostInFlight requests under way at one time; others wait their turn, and their latency
   *     runs. Default 4,096
   * @param httpForm {@code http1} (default) or {@code http2} to the HTTP port
   * @param httpConnections to the HTTP port; default 256
   * @param grpcConnections to the gRPC port, each with 100 streams; default 8
   */
  record Room(int mostInFlight, HttpForm httpForm, int httpConnections, int grpcConnections) {
    Room {
      within("mostInFlight", mostInFlight, 1, 1_000_000);
      within("httpConnections", httpConnections, 1, 60_000);
      within("grpcConnections", grpcConnections, 1, 60_000);
    }
  }

  static Scenario defaults() {
    return new Scenario(
        "",
        new Pacing(Loop.OPEN, Arrivals.POISSON, 30, 8, Duration.ZERO),
        new Times(
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            Duration.ofMillis(5),
            Duration.ofMillis(10)),
        new Room(4_096, HttpForm.HTTP1, 256, 8),
        new UserChoice(1, 1_000, 20, List.of(), 50, true, ""),
        false,
        false,
        7);
  }

  Scenario with(Pacing other) {
    return new Scenario(title, other, times, room, users, refusals, stages, seed);
  }

  Scenario with(Times other) {
    return new Scenario(title, pacing, other, room, users, refusals, stages, seed);
  }

  static void within(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          name + " is " + plain(value) + "; expected " + plain(least) + " to " + plain(most));
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? "%.0f".formatted(value) : Double.toString(value);
  }

  private static void between(String name, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          name + " is " + words(value) + "; expected " + words(least) + " to " + words(most));
    }
  }

  private static String words(Duration value) {
    long millis = value.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }
}
