package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A seed in an answer is a promise: it draws the same on every JDK. */
class DrawsTest {

  @Test
  void drawsWhatSplitMix64Draws() {
    // The published check values of SplitMix64 for this seed.
    var draws = new Draws(1234567);
    assertEquals(6457827717110365317L, draws.next());
    assertEquals(3203168211198807973L, draws.next());
    assertEquals(Long.parseUnsignedLong("9817491932198370423"), draws.next());
    assertEquals(4593380528125082431L, draws.next());
    assertEquals(Long.parseUnsignedLong("16408922859458223821"), draws.next());
  }

  @Test
  void staysBelowTheBoundAndReachesAllOfIt() {
    for (var bound : new int[] {1, 2, 3, 7, 1 << 30, Integer.MAX_VALUE}) {
      var draws = new Draws(bound);
      var least = Integer.MAX_VALUE;
      var most = 0;
      for (var i = 0; i < 1000; i++) {
        var drawn = draws.below(bound);
        least = Math.min(least, drawn);
        most = Math.max(most, drawn);
      }
      assertTrue(least >= 0 && least <= bound / 50);
      assertTrue(most < bound && most >= bound - 1 - bound / 50);
    }
  }
}
