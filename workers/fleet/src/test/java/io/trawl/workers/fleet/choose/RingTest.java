package io.trawl.workers.fleet.choose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.testkit.service.HandClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RingTest {

  private static final int KEYS = 100_000;

  private final HandClock time = new HandClock();

  private List<One> candidates(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            number -> new One(time, Set.of(), "10.0.0." + number + ":8001", "", Duration.ZERO))
        .toList();
  }

  private static List<One> owners(List<One> candidates) {
    var ring = new Ring(candidates);
    return IntStream.range(0, KEYS)
        .mapToObj(key -> candidates.get(ring.owner(ring.place(key))))
        .toList();
  }

  @Test
  void eachOwnsAboutAsMuchAsTheNext() {
    List<One> all = candidates(64);
    List<One> owners = owners(all);
    for (One one : all) {
      double share = owners.stream().filter(one::equals).count() * 64.0 / KEYS;
      assertTrue(share > 0.8 && share < 1.2, one + " owns " + share + " of a mean share");
    }
  }

  @Test
  void whoLeavesMovesItsOwnKeysOnly() {
    List<One> all = candidates(64);
    var left = new ArrayList<>(all);
    One gone = left.remove(17);
    List<One> before = owners(all);
    List<One> after = owners(left);
    int moved = 0;
    for (int key = 0; key < KEYS; key++) {
      if (before.get(key) == gone) {
        moved++;
      } else {
        assertEquals(before.get(key), after.get(key));
      }
    }
    assertTrue(moved > 0 && moved < 1.25 * KEYS / 64, moved + " moved");
  }

  @Test
  void theOrderInWhichTheyAreNamedChangesNothing() {
    List<One> all = candidates(9);
    assertEquals(owners(all), owners(all.reversed()));
  }
}
