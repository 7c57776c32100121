package io.trawl.serve;

import java.time.Duration;

/**
 * How a gateway finds out whether it should get traffic.
 *
 * @param interval time between two golden requests, default 5 s. Long: a dead worker keeps its
 *     gateway in the rotation; short: the worker spends its time on golden requests
 * @param timeout how long one golden request may take, default 5 s
 * @param vectorTolerance how far a number of a query vector may be from the golden one, default
 *     1e-4; of numbers above 1 that share. A worker in half precision needs 1e-2. Too small: it
 *     never gets ready
 * @param scoreTolerance how far the score of a top item may be, default 1e-3
 * @param checksumInterval time between two looks at the checksums of all files that are mapped, in
 *     the background, default 10 minutes; 0s for none. None: files that are written over are seen
 *     only where golden requests read them, and a space that met a fault of its files answers again
 *     only after it was activated anew
 */
public record ReadinessOptions(
    Duration interval,
    Duration timeout,
    double vectorTolerance,
    double scoreTolerance,
    Duration checksumInterval) {

  public ReadinessOptions {
    positive("interval", interval);
    positive("timeout", timeout);
    positive("vectorTolerance", vectorTolerance);
    positive("scoreTolerance", scoreTolerance);
    if (!checksumInterval.isZero()) {
      positive("checksumInterval", checksumInterval);
    }
  }

  public static ReadinessOptions defaults() {
    return new ReadinessOptions(
        Duration.ofSeconds(5), Duration.ofSeconds(5), 1e-4, 1e-3, Duration.ofMinutes(10));
  }

  private static void positive(String key, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(key + " is " + value + "; expected 1 ms or more");
    }
  }

  private static void positive(String key, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(key + " is " + value + "; expected more than 0");
    }
  }
}
