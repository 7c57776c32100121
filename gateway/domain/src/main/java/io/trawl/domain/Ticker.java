package io.trawl.domain;

/** A source of monotonic time, handed in wherever a duration is measured. */
@FunctionalInterface
public interface Ticker {

  /** Nanoseconds since an arbitrary origin; only differences mean anything. */
  long nanos();

  /** The JVM's own monotonic clock. */
  static Ticker system() {
    return System::nanoTime;
  }
}
