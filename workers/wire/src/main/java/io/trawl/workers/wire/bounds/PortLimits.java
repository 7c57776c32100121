package io.trawl.workers.wire.bounds;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * How long the connections of a port may take for what they do, and how much of it they may
 * abandon.
 *
 * @param headTimeout from the first byte of a request's head to its last; 10 s
 * @param bodyTimeout from the end of a request's head to that of its body; 10 s
 * @param idleTimeout how long a connection may have no request, whatever else it sends; and how
 *     long a call of {@code longLived} may be silent; 60 s
 * @param answerTimeout how long an answer may wait for its reader to take it; 30 s
 * @param maxAbandonedOfAddress calls that one address may begin over HTTP/2 and abandon at one
 *     time; 1,000. A tenth of them more with each second, and one more with each answer
 * @param maxStreamsOfAddress streams of HTTP/2 that one address may have open at one time, on all
 *     ports; 4,096
 * @param longLived paths whose requests send messages for as long as they like
 */
public record PortLimits(
    Duration headTimeout,
    Duration bodyTimeout,
    Duration idleTimeout,
    Duration answerTimeout,
    int maxAbandonedOfAddress,
    int maxStreamsOfAddress,
    Predicate<String> longLived) {

  public PortLimits {
    positive("headTimeout", headTimeout);
    positive("bodyTimeout", bodyTimeout);
    positive("idleTimeout", idleTimeout);
    positive("answerTimeout", answerTimeout);
    if (maxAbandonedOfAddress < 1) {
      throw new IllegalArgumentException(
          "maxAbandonedOfAddress is " + maxAbandonedOfAddress + "; expected 1 or more");
    }
    if (maxStreamsOfAddress < 1) {
      throw new IllegalArgumentException(
          "maxStreamsOfAddress is " + maxStreamsOfAddress + "; expected 1 or more");
    }
  }

  /** What holds where nothing else is said. */
  public static final PortLimits DEFAULT =
      new PortLimits(
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          1000,
          4096,
          _ -> false);

  /** How often a connection is looked at: often enough that nothing lasts a quarter too long. */
  long lookMillis() {
    long shortest =
        Math.min(
            Math.min(headTimeout.toMillis(), bodyTimeout.toMillis()),
            Math.min(idleTimeout.toMillis(), answerTimeout.toMillis()));
    return Math.max(1, shortest / 4);
  }

  private static void positive(String name, Duration value) {
    if (value.toMillis() < 1) {
      throw new IllegalArgumentException(name + " is " + value + "; expected 1 ms or more");
    }
  }
}
