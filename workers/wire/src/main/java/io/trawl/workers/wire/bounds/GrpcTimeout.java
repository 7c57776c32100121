package io.trawl.workers.wire.bounds;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** How long a caller waits, as gRPC writes it in the head of a call: up to 8 digits and a unit. */
public final class GrpcTimeout {

  /** The name of the header. */
  public static final String HEADER = "grpc-timeout";

  private static final int MAX_DIGITS = 8;

  private GrpcTimeout() {}

  /** In nanoseconds, {@link Long#MAX_VALUE} at most; empty where it is not of that form. */
  public static OptionalLong nanos(CharSequence header) {
    int digits = header.length() - 1;
    if (digits < 1 || digits > MAX_DIGITS) {
      return OptionalLong.empty();
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = header.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return OptionalLong.empty();
      }
      value = 10 * value + digit;
    }
    return switch (header.charAt(digits)) {
      case 'H' -> OptionalLong.of(TimeUnit.HOURS.toNanos(value));
      case 'M' -> OptionalLong.of(TimeUnit.MINUTES.toNanos(value));
      case 'S' -> OptionalLong.of(TimeUnit.SECONDS.toNanos(value));
      case 'm' -> OptionalLong.of(TimeUnit.MILLISECONDS.toNanos(value));
      case 'u' -> OptionalLong.of(TimeUnit.MICROSECONDS.toNanos(value));
      case 'n' -> OptionalLong.of(value);
      default -> OptionalLong.empty();
    };
  }
}
