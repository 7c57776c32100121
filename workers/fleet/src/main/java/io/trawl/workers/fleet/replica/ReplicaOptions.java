package io.trawl.workers.fleet.replica;

import static io.trawl.workers.wire.Settings.within;
import static java.util.Objects.requireNonNull;

import io.trawl.workers.guard.ConcurrencyLimit;
import io.trawl.workers.guard.GuardOptions;
import java.time.Duration;

/**
 * How a model on a worker is judged.
 *
 * @param breaker opens for shares of failed and of slow calls; its own bound on concurrency is not
 *     used below {@code limit}
 * @param limit calls under way at once, learned within these bounds; default 16, 1 to 256
 * @param tolerance how many times as long as alone calls may take before the limit falls; default
 *     2. Small: a worker that gathers batches gets small ones; large: calls wait in its queue
 * @param failureCounts how long a failed call counts as having taken, if it took less; default 1 s.
 *     Small: a worker that fails at once looks quick and attracts calls; large: one failure keeps
 *     calls away for long
 * @param decay after which an old time counts a third; default 10 s
 * @param warmUp in which a newcomer, or one that comes back, gets its full share; default 8 s
 * @param failuresInARow that eject, whatever share of the calls they are; default 5
 * @param ejectFor how long it is left alone after its first ejection, for the next one twice as
 *     long; default 5 s
 * @param ejectAtMost the longest; default 1 min. It is also how long it has to hold out for its
 *     ejections to be forgotten
 * @param probeEvery how often it is asked whether it is ready; default 1 s
 * @param probeTimeout how long an answer to that may take, and to a proof; default 2 s
 * @param proveEvery how often it proves itself while it is ready; default 30 s
 */
public record ReplicaOptions(
    GuardOptions breaker,
    ConcurrencyLimit.Bounds limit,
    double tolerance,
    Duration failureCounts,
    Duration decay,
    Duration warmUp,
    int failuresInARow,
    Duration ejectFor,
    Duration ejectAtMost,
    Duration probeEvery,
    Duration probeTimeout,
    Duration proveEvery) {

  public ReplicaOptions {
    requireNonNull(breaker, "breaker");
    requireNonNull(limit, "limit");
    within("tolerance", tolerance, 1, 100);
    within("failuresInARow", failuresInARow, 1, 10_000);
    within("failureCounts", failureCounts, Duration.ofMillis(1), Duration.ofMinutes(1));
    within("decay", decay, Duration.ofMillis(100), Duration.ofMinutes(10));
    within("warmUp", warmUp, Duration.ZERO, Duration.ofMinutes(10));
    within("ejectFor", ejectFor, Duration.ofMillis(10), Duration.ofMinutes(10));
    within("ejectAtMost", ejectAtMost, ejectFor, Duration.ofHours(1));
    within("probeEvery", probeEvery, Duration.ofMillis(10), Duration.ofMinutes(1));
    within("probeTimeout", probeTimeout, Duration.ofMillis(10), Duration.ofMinutes(1));
    within("proveEvery", proveEvery, probeEvery, Duration.ofHours(1));
  }

  public static ReplicaOptions defaults() {
    return new ReplicaOptions(
        new GuardOptions(
            1_000_000, 50, 10, 0.5, Duration.ofSeconds(2), 0.8, Duration.ofSeconds(5), 3),
        new ConcurrencyLimit.Bounds(16, 1, 256),
        2,
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        Duration.ofSeconds(8),
        5,
        Duration.ofSeconds(5),
        Duration.ofMinutes(1),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(30));
  }
}
