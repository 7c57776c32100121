package io.trawl.workers.wire;

/**
 * A source of nanoseconds that only ever move forward. Its zero means nothing; differences do.
 * Client and server read durations from the ticker they were handed and never from the system
 * clock.
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
