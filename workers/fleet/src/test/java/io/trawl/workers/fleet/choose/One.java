package io.trawl.workers.fleet.choose;

import io.trawl.workers.wire.NanoClock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A candidate that takes calls unless it is among those that are shut. */
record One(String name, String zone, Load load, SlowStart start, Set<One> shut)
    implements Candidate {

  One(NanoClock time, Set<One> shut, String name, String zone, Duration warmUp) {
    this(
        name,
        zone,
        new Load(time, 10, TimeUnit.SECONDS, TimeUnit.MILLISECONDS.toNanos(20)),
        new SlowStart(time, warmUp),
        shut);
  }

  @Override
  public boolean takes() {
    return shut.stream().noneMatch(one -> one == this);
  }

  @Override
  public double share() {
    return start.share();
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return name;
  }
}
