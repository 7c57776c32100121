package io.trawl.workers.fleet.choose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RingTest {

  private static final int KEYS = 100_000;

  private final HandTurned time = new HandTurned();

  private List<Candidate> candidates(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            number ->
                new Candidate(
                    "10.0.0." + number + ":8001",
                    "",
                    new Load(time, 10, TimeUnit.SECONDS, 0),
                    () -> true,
                    time,
                    0))
        .toList();
  }

  private static List<Candidate> owners(List<Candidate> candidates) {
    var ring = new Ring(candidates);
    return IntStream.range(0, KEYS)
        .mapToObj(key -> candidates.get(ring.owner(ring.place(key))))
        .toList();
  }

  @Test
  void eachOwnsAboutAsMuchAsTheNext() {
    List<Candidate> all = candidates(64);
    List<Candidate> owners = owners(all);
    for (Candidate one : all) {
      double share = owners.stream().filter(one::equals).count() * 64.0 / KEYS;
      assertTrue(share > 0.8 && share < 1.2, one + " owns " + share + " of a mean share");
    }
  }

  @Test
  void whoLeavesMovesItsOwnKeysOnly() {
    List<Candidate> all = candidates(64);
    var left = new ArrayList<>(all);
    Candidate gone = left.remove(17);
    List<Candidate> before = owners(all);
    List<Candidate> after = owners(left);
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
    List<Candidate> all = candidates(9);
    assertEquals(owners(all), owners(all.reversed()));
  }
}
