package io.trawl.workers.server.run;

import java.util.List;

/**
 * How the requests of a model are put together and how long they may wait: immutable, read from the
 * model's configuration.
 *
 * @param dynamic whether requests are put together at all; if not, each runs by itself
 * @param maxBatchRows most rows in a batch, at least 1
 * @param preferredRows ascending batch sizes that are run as soon as they are reached
 * @param maxDelayNanos how long the oldest request may wait for company
 * @param queue what happens to those who wait
 */
public record BatchingPolicy(
    boolean dynamic,
    int maxBatchRows,
    List<Integer> preferredRows,
    long maxDelayNanos,
    QueuePolicy queue) {

  /**
   * @param maxRequests most requests waiting, at least 1
   * @param delayExpired whether an expired request goes behind all others instead of being refused
   * @param defaultTimeoutNanos longest wait, 0 for no limit
   * @param overridable whether a request may ask for a shorter wait
   */
  public record QueuePolicy(
      int maxRequests, boolean delayExpired, long defaultTimeoutNanos, boolean overridable) {
    public QueuePolicy {
      if (maxRequests < 1) {
        throw new IllegalArgumentException("maxRequests is " + maxRequests + ", must be >= 1");
      }
    }

    /**
     * The wait that a request gets, 0 for no limit. As in Triton a request may shorten the default
     * but never lengthen it, and where there is no default there is nothing to shorten.
     */
    long timeoutNanos(long requestedNanos) {
      boolean shorter = requestedNanos > 0 && requestedNanos < defaultTimeoutNanos;
      return overridable && shorter ? requestedNanos : defaultTimeoutNanos;
    }
  }

  public BatchingPolicy {
    if (maxBatchRows < 1) {
      throw new IllegalArgumentException("maxBatchRows is " + maxBatchRows + ", must be >= 1");
    }
    preferredRows = preferredRows.stream().distinct().sorted().toList();
  }

  public static BatchingPolicy unbatched(QueuePolicy queue) {
    return new BatchingPolicy(false, 1, List.of(), 0, queue);
  }
}
