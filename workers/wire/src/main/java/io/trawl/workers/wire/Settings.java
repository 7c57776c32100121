package io.trawl.workers.wire;

import java.time.Duration;

/** Refuses settings that are out of their range, by name, value and what was expected. */
public final class Settings {

  private Settings() {}

  /** A whole number from the least to the most. */
  public static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw refused(name, value, least, most);
    }
  }

  /** A number from the least to the most; not a number is neither. */
  public static void within(String name, double value, double least, double most) {
    // Written so that a NaN is refused too.
    if (!(value >= least && value <= most)) {
      throw refused(name, value, plain(least), plain(most));
    }
  }

  /** A time from the least to the most. */
  public static void within(String name, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw refused(name, value, least, most);
    }
  }

  private static Object plain(double bound) {
    return bound == Math.rint(bound) ? (Object) (long) bound : (Object) bound;
  }

  private static IllegalArgumentException refused(
      String name, Object value, Object least, Object most) {
    return new IllegalArgumentException(
        "%s: %s (expected %s to %s)".formatted(name, value, least, most));
  }
}
