package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Likeness must not depend on how long an item's vector is. */
class CosineKernelTest {

  private final long seed = RandomGenerator.getDefault().nextLong();
  private final Random random = new Random(seed);

  @Test
  void scoresByTheAngleAlone() {
    var items = Samples.items(random, 50, 6);
    var queries = Samples.queries(random, 3, 6);
    var scores = range(Kernels.cosine(Kernels.plain(), items), items, queries);
    for (var i = 0; i < items.count(); i++) {
      var expected = Samples.score(items, i, queries) / length(items, i);
      assertEquals(expected, scores[i], 1e-5, "item " + i + ", seed " + seed);
    }
  }

  @Test
  void ranksAScaledItemWhereTheItemItselfIs() {
    var row = Samples.normal(random, 6);
    var values = new float[12];
    for (var d = 0; d < 6; d++) {
      values[d] = row[d];
      values[6 + d] = 8 * row[d];
    }
    var items = ItemVectors.of(values, 6);
    var scores =
        range(Kernels.cosine(Kernels.plain(), items), items, Samples.queries(random, 2, 6));
    assertEquals(scores[0], scores[1], 0f, () -> "seed " + seed);
  }

  @Test
  void givesTheSameBitsFromEveryKernelAndEitherWay() {
    var items = Samples.items(random, 333, 16);
    var queries = Samples.queries(random, 5, 16);
    var plain = range(Kernels.cosine(Kernels.plain(), items), items, queries);
    var chosen = Kernels.cosine(Kernels.choose().kernel(), items);
    assertArrayEquals(plain, range(chosen, items, queries), 0f, () -> "seed " + seed);

    var ordinals = IntStream.range(0, 333).map(i -> 332 - i).toArray();
    var gathered = new float[333];
    chosen.scorer(items, queries).gather(ordinals, 0, 333, gathered);
    for (var i = 0; i < 333; i++) {
      assertEquals(plain[ordinals[i]], gathered[i], 0f);
    }
  }

  @Test
  void scoresAnItemWithoutDirectionAsZero() {
    var items = ItemVectors.of(new float[] {0, 0, 0, 1, -1, 2}, 3);
    var scores =
        range(
            Kernels.cosine(Kernels.plain(), items), items, Samples.queries(new float[] {-1, 0, 0}));
    assertEquals(0f, scores[0]);
  }

  @Test
  void refusesOtherItemsThanItsOwn() {
    var kernel = Kernels.cosine(Kernels.plain(), Samples.items(random, 4, 3));
    var others = Samples.items(random, 4, 3);
    assertThrows(
        IllegalArgumentException.class, () -> kernel.scorer(others, Samples.queries(random, 1, 3)));
  }

  private static float[] range(ScoreKernel kernel, ItemVectors items, QueryVectors queries) {
    var scores = new float[items.count()];
    kernel.scorer(items, queries).range(0, items.count(), scores);
    return scores;
  }

  private static float length(ItemVectors items, int ordinal) {
    var sum = 0.0;
    for (var d = 0; d < items.width(); d++) {
      sum += Math.pow(items.at(ordinal, d), 2);
    }
    return (float) Math.sqrt(sum);
  }
}
