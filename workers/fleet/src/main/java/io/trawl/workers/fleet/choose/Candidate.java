package io.trawl.workers.fleet.choose;

import static java.util.Objects.requireNonNull;

import io.trawl.workers.wire.NanoClock;
import java.util.function.BooleanSupplier;

/**
 * One that may be chosen.
 *
 * <p>A newcomer is let in slowly: for its first `warmUp` it looks busier than it is, at first ten
 * times, so that its caches and its own compilers are not met by a full share at once.
 */
public final class Candidate {

  private static final double FIRST_SHARE = 0.1;

  private final String name;
  private final String zone;
  private final Load load;
  private final BooleanSupplier takes;
  private final NanoClock clock;
  private final long since;
  private final long warmUpNanos;

  /**
   * A candidate that begins now.
   *
   * @param name by which the ring knows it; the same one gets the same owners again
   * @param zone in which it runs, empty where nobody knows
   * @param takes whether it would take one more call at this moment
   * @param warmUpNanos after which it gets its full share; 0 for at once
   */
  public Candidate(
      String name,
      String zone,
      Load load,
      BooleanSupplier takes,
      NanoClock clock,
      long warmUpNanos) {
    this.name = requireNonNull(name, "name");
    this.zone = requireNonNull(zone, "zone");
    this.load = requireNonNull(load, "load");
    this.takes = requireNonNull(takes, "takes");
    this.clock = clock;
    this.since = clock.nanos();
    this.warmUpNanos = warmUpNanos;
  }

  public String name() {
    return name;
  }

  public String zone() {
    return zone;
  }

  public Load load() {
    return load;
  }

  boolean takes() {
    return takes.getAsBoolean();
  }

  /** Of a full share, from a tenth to one. */
  public double share() {
    long age = clock.nanos() - since;
    return age >= warmUpNanos
        ? 1
        : FIRST_SHARE + (1 - FIRST_SHARE) * Math.max(0, age) / warmUpNanos;
  }

  /** What one more call would cost. */
  double cost() {
    return load.cost() / share();
  }

  @Override
  public String toString() {
    return name;
  }
}
