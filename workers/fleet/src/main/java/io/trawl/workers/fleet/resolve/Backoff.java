package io.trawl.workers.fleet.resolve;

import java.util.concurrent.TimeUnit;

/**
 * How long to wait after each of several failures in a row: 1 s, then twice as long each time, 30 s
 * at most. Of one thread.
 */
public final class Backoff {

  private static final long FIRST = TimeUnit.SECONDS.toNanos(1);
  private static final long MOST = TimeUnit.SECONDS.toNanos(30);

  private long next = FIRST;

  /** For how long, in nanoseconds, after one more failure. */
  public long next() {
    long wait = next;
    next = Math.min(MOST, 2 * next);
    return wait;
  }

  /** It went well. */
  public void reset() {
    next = FIRST;
  }
}
