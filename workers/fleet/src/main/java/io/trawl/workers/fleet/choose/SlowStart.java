package io.trawl.workers.fleet.choose;

import io.trawl.workers.wire.NanoClock;
import java.time.Duration;

/**
 * Lets a newcomer in slowly: at first a tenth of a share, the whole at the end, so that cold caches
 * and compilers are not met by all of it at once. Safe for all threads.
 */
public final class SlowStart {

  private static final double FIRST = 0.1;

  private final NanoClock clock;
  private final long nanos;
  private volatile long since;

  /**
   * Begins now.
   *
   * @param lasts until the full share; zero for at once
   */
  public SlowStart(NanoClock clock, Duration lasts) {
    this.clock = clock;
    this.nanos = lasts.toNanos();
    this.since = clock.nanos();
  }

  /** Begins again. */
  public void restart() {
    since = clock.nanos();
  }

  /** Of a full share, from a tenth to one. */
  public double share() {
    long age = Math.max(0, clock.nanos() - since);
    return age >= nanos ? 1 : FIRST + (1 - FIRST) * age / nanos;
  }
}
