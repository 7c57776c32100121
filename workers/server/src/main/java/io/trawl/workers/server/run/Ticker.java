package io.trawl.workers.server.run;

/** The time that durations are measured with: nanoseconds from an arbitrary origin. */
@FunctionalInterface
public interface Ticker {
  long nanos();

  static Ticker system() {
    return System::nanoTime;
  }
}
