package io.trawl.workers.client;

/**
 * A source of nanoseconds that only ever move forward. Its zero means nothing; differences do. The
 * client reads durations from the ticker it was handed and never from the system clock.
 */
@FunctionalInterface
public interface Ticker {

  /** Nanoseconds since an arbitrary instant. */
  long nanos();

  /** The ticker of this process: {@link System#nanoTime()}. */
  static Ticker system() {
    return System::nanoTime;
  }
}
