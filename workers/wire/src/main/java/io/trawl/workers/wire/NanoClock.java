package io.trawl.workers.wire;

/**
 * A source of nanoseconds that only ever move forward. Its zero means nothing; differences do.
 * Client and server read durations from the one they were handed and never from the system clock.
 */
@FunctionalInterface
public interface NanoClock {

  /** Nanoseconds since an arbitrary instant. */
  long nanos();

  /** That of this process: {@link System#nanoTime()}. */
  static NanoClock system() {
    return System::nanoTime;
  }
}
