package io.trawl.serve;

import io.trawl.domain.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One seed for all who ask within a period, so that they score the same sample: its items'
 * neighbours are then kept after the first who needed them, and a user who asks twice gets the same
 * list twice. Safe for use by all threads.
 */
public final class SharedSeed implements LongSupplier {

  private final LongSupplier fresh;
  private final long periodNanos;
  private final Ticker ticker;
  private final AtomicReference<@Nullable Drawn> latest = new AtomicReference<>(null);

  private record Drawn(long seed, long atNanos) {}

  /**
   * @param fresh gives a new seed at each call
   * @param period how long one is shared; zero for a new one each time
   */
  public SharedSeed(LongSupplier fresh, Duration period, Ticker ticker) {
    this.fresh = fresh;
    this.periodNanos = period.toNanos();
    this.ticker = ticker;
  }

  @Override
  public long getAsLong() {
    var now = ticker.nanos();
    return latest
        .updateAndGet(
            seen ->
                seen != null && now - seen.atNanos() < periodNanos
                    ? seen
                    : new Drawn(fresh.getAsLong(), now))
        .seed();
  }
}
