package io.trawl.workers.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConcurrencyLimitTest {

  private static final Duration WINDOW = Duration.ofMillis(100);
  private static final ConcurrencyLimit.Bounds BOUNDS = new ConcurrencyLimit.Bounds(16, 2, 64);
  private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

  private long now = TimeUnit.HOURS.toNanos(1);

  /** As many calls at a time as may, each of so many milliseconds, for a while. */
  private void work(ConcurrencyLimit limit, long millis, int rounds, boolean trouble) {
    for (int round = 0; round < rounds; round++) {
      int calls = limit.most();
      for (int call = 0; call < calls; call++) {
        limit.ended(now, millis * MS, calls, trouble);
      }
      now += millis * MS;
    }
  }

  @Test
  void theGradientGrowsWhileThereIsUseAndFallsAsThingsTakeLonger() {
    var limit = ConcurrencyLimit.gradient(BOUNDS, WINDOW, 1.5);
    work(limit, 20, 400, false);
    int grown = limit.most();
    assertTrue(grown > 16, "grown to " + grown);
    work(limit, 200, 40, false);
    assertTrue(limit.most() < grown / 2, grown + " to " + limit.most());
    assertTrue(limit.most() >= 2);
  }

  @Test
  void additiveFallsForTroubleAloneHoweverLongThingsTake() {
    var limit = ConcurrencyLimit.additive(BOUNDS, WINDOW);
    work(limit, 20, 100, false);
    int grown = limit.most();
    assertTrue(grown > 16, "grown to " + grown);
    work(limit, 200, 20, false);
    assertTrue(limit.most() >= grown);
    work(limit, 20, 400, true);
    assertEquals(2, limit.most());
  }

  @Test
  void boundsThatLeaveNothingToLearnAreKept() {
    var limit = ConcurrencyLimit.gradient(new ConcurrencyLimit.Bounds(8, 8, 8), WINDOW, 1.5);
    work(limit, 20, 50, true);
    assertEquals(8, limit.most());
  }

  @Test
  void boundsThatContradictEachOtherAreRefusedByName() {
    var refused =
        assertThrows(IllegalArgumentException.class, () -> new ConcurrencyLimit.Bounds(9, 1, 8));
    assertEquals("start is 9; expected 1 to 8", refused.getMessage());
  }
}
