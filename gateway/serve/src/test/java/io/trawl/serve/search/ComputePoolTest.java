package io.trawl.serve.search;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ComputePoolTest {

  @Test
  void whatIsLongToWaitFollowsHowLongTasksRun() {
    try (var pool = new ComputePool(1, 1)) {
      assertTrue(waits(pool, 13));
      assertFalse(waits(pool, 12));
      for (int i = 0; i < 100; i++) {
        pool.ran(Duration.ofMillis(40).toNanos());
      }
      assertFalse(waits(pool, 35));
      assertTrue(waits(pool, 41));
      for (int i = 0; i < 100; i++) {
        pool.ran(Duration.ofMillis(1).toNanos());
      }
      assertTrue(waits(pool, 13));
    }
  }

  private static boolean waits(ComputePool pool, int millis) {
    pool.waited(Duration.ofMillis(millis).toNanos());
    return pool.waitsLong();
  }
}
