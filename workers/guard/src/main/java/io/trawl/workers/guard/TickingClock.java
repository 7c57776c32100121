package io.trawl.workers.guard;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * Monotonic time as the clock that the breaker asks, so that how long it stays open does not hang
 * on the wall clock, which is set now and then. What it says as a date means nothing.
 */
final class TickingClock extends Clock {

  private final LongSupplier nanos;

  TickingClock(LongSupplier nanos) {
    this.nanos = nanos;
  }

  @Override
  public Instant instant() {
    return Instant.EPOCH.plusNanos(nanos.getAsLong());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
