package io.trawl.workers.server;

/** The time that durations are measured with: nanoseconds from an arbitrary origin. */
@FunctionalInterface
interface Ticker {
  long nanos();

  static Ticker system() {
    return System::nanoTime;
  }
}
