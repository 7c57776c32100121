package io.trawl.workers.fleet;

import static io.trawl.workers.wire.Settings.within;
import static java.util.Objects.requireNonNull;

import io.trawl.workers.fleet.call.CallOptions;
import io.trawl.workers.fleet.choose.ChooseOptions;
import io.trawl.workers.fleet.replica.ReplicaOptions;
import java.time.Duration;

/**
 * How a fleet is used.
 *
 * @param zone in which this process runs, default empty: none is near
 * @param choose by what a worker is chosen for a call
 * @param replica how a model on a worker is judged
 * @param call how far a call is pursued
 * @param ejectedAtMost share of a model's replicas that may be ejected at one time, 0 to 1; default
 *     0.5. What is wrong with more of them is as a rule wrong with the calls or the network, and
 *     those that are left would drown
 * @param silence after which a worker that has calls and ends none is taken for stopped, if it is
 *     also {@code silenceFactor} times as long as calls take elsewhere; default 100 ms. Its calls
 *     go elsewhere
 * @param silenceFactor default 5. Small: a long prefill is taken for a stopped process; large:
 *     calls at a stopped one wait for long
 * @param leaveWithin how long a worker that is to go may finish what it has; default 30 s
 * @param workers at most, default 1000: those beyond are not used
 */
public record FleetOptions(
    String zone,
    ChooseOptions choose,
    ReplicaOptions replica,
    CallOptions call,
    double ejectedAtMost,
    Duration silence,
    double silenceFactor,
    Duration leaveWithin,
    int workers) {

  public FleetOptions {
    requireNonNull(zone, "zone");
    requireNonNull(choose, "choose");
    requireNonNull(replica, "replica");
    requireNonNull(call, "call");
    within("ejectedAtMost", ejectedAtMost, 0, 1);
    within("silenceFactor", silenceFactor, 1, 1_000);
    within("silence", silence, Duration.ofMillis(1), Duration.ofMinutes(10));
    within("leaveWithin", leaveWithin, Duration.ZERO, Duration.ofHours(1));
    within("workers", workers, 1, 10_000);
  }

  public static FleetOptions defaults() {
    return new FleetOptions(
        "",
        ChooseOptions.defaults(),
        ReplicaOptions.defaults(),
        CallOptions.defaults(),
        0.5,
        Duration.ofMillis(100),
        5,
        Duration.ofSeconds(30),
        1_000);
  }
}
