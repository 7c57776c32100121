package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** An item forgotten here is scored twice; one remembered wrongly is lost. */
class VisitedTest {

  private final long seed = RandomGenerator.getDefault().nextLong();
  private final Random random = new Random(seed);

  @Test
  void takesTheSmallerShape() {
    assertInstanceOf(Visited.Bitmap.class, Visited.of(1_000_000, 100_000));
    assertInstanceOf(Visited.Bitmap.class, Visited.of(10, Long.MAX_VALUE));
    assertInstanceOf(Visited.Table.class, Visited.of(100_000_000, 100_000));
  }

  @Test
  void bothShapesRememberLikeASet() {
    for (var count : new int[] {1, 64, 65, 1000, 100_000_000}) {
      for (var most : new int[] {1, 3, 4, 500}) {
        var model = new HashSet<Integer>();
        var visited = Visited.of(count, most);
        while (model.size() < Math.min(most, count)) {
          var ordinal = random.nextInt(Math.min(count, 4 * most)) * Math.max(1, count / (4 * most));
          assertEquals(model.add(ordinal), visited.add(ordinal), () -> "seed " + seed);
        }
        for (var ordinal : model) {
          assertEquals(false, visited.add(ordinal), () -> "seed " + seed);
        }
      }
    }
  }

  /** A table without a free slot would be searched for one for ever. */
  @Test
  void aFullTableRefuses() {
    var visited = Visited.of(100_000_000, 4);
    for (var ordinal = 0; ordinal < 15; ordinal++) {
      assertEquals(true, visited.add(ordinal));
    }
    assertThrows(IllegalStateException.class, () -> visited.add(15));
    assertEquals(false, visited.add(14));
  }
}
