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

  /** A server of four at a time: what is beyond waits. */
  private void server(ConcurrencyLimit limit, int rounds) {
    for (int round = 0; round < rounds; round++) {
      work(limit, 5L * Math.max(4, limit.most()), 1, false);
    }
  }

  @Test
  void byDelayKeepsTheQueueOfAServerShortAndTheServerBusy() {
    for (int start : new int[] {1, 16, 64}) {
      var limit = ConcurrencyLimit.byDelay(new ConcurrencyLimit.Bounds(start, 1, 256), WINDOW, 2);
      server(limit, 2_000);
      assertTrue(limit.most() >= 6 && limit.most() <= 10, "from " + start + " to " + limit.most());
    }
  }

  @Test
  void byDelayDoesNotForgetHowQuickThingsAreWhileThereIsAlwaysTooMuch() {
    var limit = ConcurrencyLimit.byDelay(new ConcurrencyLimit.Bounds(16, 1, 256), WINDOW, 2);
    for (int minute = 0; minute < 60; minute++) {
      long end = now + TimeUnit.MINUTES.toNanos(1);
      while (now < end) {
        server(limit, 1);
      }
      assertTrue(limit.most() >= 4 && limit.most() <= 10, minute + ": " + limit.most());
    }
  }

  @Test
  void byDelayBlamesNoQueueWhereFewThingsAreUnderWay() {
    var limit = ConcurrencyLimit.byDelay(new ConcurrencyLimit.Bounds(16, 1, 256), WINDOW, 2);
    for (int call = 0; call < 1_000; call++) {
      limit.ended(now, (call % 4 == 0 ? 20 : 200) * MS, 2, false);
      now += 200 * MS;
    }
    assertEquals(16, limit.most());
  }

  @Test
  void byDelayFollowsAServerThatBecomesSlower() {
    var limit = ConcurrencyLimit.byDelay(new ConcurrencyLimit.Bounds(8, 1, 256), WINDOW, 2);
    server(limit, 200);
    work(limit, 300, 4_000, false);
    assertTrue(limit.most() > 10, "300 ms is what it takes now: " + limit.most());
  }

  @Test
  void byDelayFallsWithTroubleHoweverQuickThingsAre() {
    var limit = ConcurrencyLimit.byDelay(BOUNDS, WINDOW, 1.5);
    work(limit, 20, 400, true);
    assertEquals(2, limit.most());
  }

  @Test
  void byTroubleFallsForTroubleAloneHoweverLongThingsTake() {
    var limit = ConcurrencyLimit.byTrouble(BOUNDS, WINDOW);
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
    var limit = ConcurrencyLimit.byDelay(new ConcurrencyLimit.Bounds(8, 8, 8), WINDOW, 1.5);
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
