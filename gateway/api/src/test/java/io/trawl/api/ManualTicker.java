package io.trawl.api;

import io.trawl.domain.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves when the test says so. */
public final class ManualTicker implements Ticker {

  private final AtomicLong nanos = new AtomicLong(1_000_000_000L);

  @Override
  public long nanos() {
    return nanos.get();
  }

  public void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
