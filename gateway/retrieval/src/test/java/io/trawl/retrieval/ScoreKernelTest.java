package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * An answer must not depend on which processor gave it, so the kernels are held to the contract's
 * words to the last bit. Runs twice: with the vectors of this processor, and with AVX2's.
 */
class ScoreKernelTest {

  private final long seed =
      System.getProperty("trawl.seed") == null
          ? RandomGenerator.getDefault().nextLong()
          : Long.getLong("trawl.seed");
  private final Random random = new Random(seed);
  private final ScoreKernel plain = Kernels.plain();
  private final ScoreKernel chosen = Kernels.choose().kernel();

  @Test
  void surefireRunsTheVectorKernel() {
    assertEquals("vector", chosen.name().split("-")[0], Kernels.choose().reason());
  }

  @Test
  void scoresEveryShapeAlike() {
    for (var run = 0; run < 60; run++) {
      var width = 1 + random.nextInt(150);
      var items = Samples.items(random, random.nextInt(300), width);
      var queries = Samples.queries(random, 1 + random.nextInt(140), width);
      assertAlike(items, queries);
    }
  }

  @Test
  void scoresTheUsualShapesAlike() {
    for (var m : new int[] {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129}) {
      for (var width : new int[] {1, 2, 3, 63, 64, 65, 127, 128, 129, 1000}) {
        assertAlike(Samples.items(random, 19, width), Samples.queries(random, m, width));
      }
    }
  }

  @Test
  void scoresRowsLargerThanABlockAlike() {
    assertAlike(Samples.items(random, 13, 5000), Samples.queries(random, 17, 5000));
  }

  @Test
  void scoresSubnormalNumbersAlike() {
    extremes(() -> (random.nextFloat() - 0.5f) * 0x1p-70f);
  }

  @Test
  void scoresNumbersThatOverflowAlike() {
    extremes(() -> (random.nextFloat() - 0.5f) * 0x1p66f);
  }

  @Test
  void scoresNumbersOfEverySizeAlike() {
    extremes(() -> Math.scalb(random.nextFloat() - 0.5f, random.nextInt(250) - 125));
  }

  @Test
  void scoresSignedZerosAlike() {
    extremes(
        () ->
            switch (random.nextInt(4)) {
              case 0 -> 0f;
              case 1 -> -0f;
              case 2 -> -Float.MIN_VALUE;
              default -> Float.MIN_VALUE;
            });
  }

  @Test
  void rowsThatAreNotNumbersLoseEveryComparison() {
    var items = ItemVectors.of(new float[] {Float.NaN, 1, 0, 1, Float.POSITIVE_INFINITY, 0}, 2);
    var queries = Samples.queries(new float[] {1, 0}, new float[] {0, -1});
    for (var kernel : new ScoreKernel[] {plain, chosen}) {
      var scores = new float[3];
      kernel.scorer(items, queries).range(0, 3, scores);
      assertEquals(Float.NEGATIVE_INFINITY, scores[0], kernel.name());
      assertEquals(0f, scores[1], kernel.name());
      assertEquals(Float.POSITIVE_INFINITY, scores[2], kernel.name());
    }
  }

  @Test
  void fillingUpTheLastVectorDoesNotRaiseAMaximum() {
    var items = ItemVectors.of(new float[] {-1, -2, -3, -4}, 2);
    var queries = Samples.queries(new float[] {1, 1});
    var scores = new float[2];
    chosen.scorer(items, queries).range(0, 2, scores);
    assertEquals(-3f, scores[0]);
    assertEquals(-7f, scores[1]);
  }

  @Test
  void readsAMemoryMapAtAnyAddress() {
    try (var arena = Arena.ofConfined()) {
      var onHeap = Samples.items(random, 41, 19);
      for (var shift : new int[] {0, 1, 2, 4, 24}) {
        var bytes = onHeap.segment().byteSize();
        var segment = arena.allocate(bytes + shift, 64).asSlice(shift, bytes);
        MemorySegment.copy(onHeap.segment(), 0, segment, 0, bytes);
        assertAlike(new ItemVectors(segment, 41, 19), Samples.queries(random, 16, 19));
      }
    }
  }

  @Test
  void refusesQueriesThatItCannotScore() {
    var items = Samples.items(random, 3, 4);
    for (var kernel : new ScoreKernel[] {plain, chosen}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> kernel.scorer(items, Samples.queries(random, 2, 5)));
      assertThrows(
          IllegalArgumentException.class,
          () -> kernel.scorer(items, new QueryVectors(new float[0], 0, 4)));
    }
  }

  private void extremes(Supplier<Float> draw) {
    for (var run = 0; run < 30; run++) {
      var width = 1 + random.nextInt(40);
      var items = ItemVectors.of(drawn(draw, 50 * width), width);
      var m = 1 + random.nextInt(40);
      assertAlike(items, new QueryVectors(drawn(draw, m * width), m, width));
    }
  }

  private static float[] drawn(Supplier<Float> draw, int count) {
    var values = new float[count];
    for (var i = 0; i < count; i++) {
      values[i] = draw.get();
    }
    return values;
  }

  /** Both kernels, over the whole range and over ordinals in disorder, against the contract. */
  private void assertAlike(ItemVectors items, QueryVectors queries) {
    var ordinals = random.ints(items.count(), 0, Math.max(1, items.count())).toArray();
    var from = items.count() / 3;
    for (var kernel : new ScoreKernel[] {plain, chosen}) {
      var scorer = kernel.scorer(items, queries);
      var scores = new float[items.count()];
      scorer.range(0, items.count(), scores);
      for (var i = 0; i < items.count(); i++) {
        assertSameBits(items, i, queries, scores[i], kernel);
      }
      scorer.gather(ordinals, from, items.count() - from, scores);
      for (var i = from; i < items.count(); i++) {
        assertSameBits(items, ordinals[i], queries, scores[i - from], kernel);
      }
    }
  }

  private void assertSameBits(
      ItemVectors items, int ordinal, QueryVectors queries, float score, ScoreKernel kernel) {
    assertEquals(
        Float.floatToRawIntBits(Samples.score(items, ordinal, queries)),
        Float.floatToRawIntBits(score),
        () ->
            "%s, item %d of %d, M = %d, H = %d, seed %d"
                .formatted(
                    kernel.name(), ordinal, items.count(), queries.count(), items.width(), seed));
  }
}
