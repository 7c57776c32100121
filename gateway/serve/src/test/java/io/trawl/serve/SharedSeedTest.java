package io.trawl.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** Who asks within a period gets the same seed. */
class SharedSeedTest {

  private final ManualTicker ticker = new ManualTicker();
  private final LongSupplier counted = new AtomicLong()::incrementAndGet;

  @Test
  void isOneForAPeriod() {
    var seed = new SharedSeed(counted, Duration.ofSeconds(60), ticker);
    assertEquals(1, seed.getAsLong());
    ticker.pass(Duration.ofMillis(59_999));
    assertEquals(1, seed.getAsLong());
    ticker.pass(Duration.ofMillis(1));
    assertEquals(2, seed.getAsLong());
    ticker.pass(Duration.ofHours(5));
    assertEquals(3, seed.getAsLong());
    assertEquals(3, seed.getAsLong());
  }

  @Test
  void isANewOneEachTimeWithoutAPeriod() {
    var seed = new SharedSeed(counted, Duration.ZERO, ticker);
    assertEquals(1, seed.getAsLong());
    assertEquals(2, seed.getAsLong());
  }
}
