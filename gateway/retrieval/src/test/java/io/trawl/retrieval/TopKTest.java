package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Selection is where an answer could lose an item without a trace. */
class TopKTest {

  private final long seed = RandomGenerator.getDefault().nextLong();
  private final Random random = new Random(seed);

  @Test
  void keysOrderScoresThenOrdinals() {
    float[] ascending = {
      Float.NEGATIVE_INFINITY,
      -Float.MAX_VALUE,
      -1.5f,
      -1f,
      -Float.MIN_NORMAL,
      -Float.MIN_VALUE,
      -0f,
      0f,
      Float.MIN_VALUE,
      Float.MIN_NORMAL,
      1f,
      1.5f,
      Float.MAX_VALUE,
      Float.POSITIVE_INFINITY
    };
    for (var i = 1; i < ascending.length; i++) {
      assertTrue(RankKey.of(ascending[i - 1], 0) < RankKey.of(ascending[i], Integer.MAX_VALUE));
    }
    assertTrue(RankKey.of(1f, 7) > RankKey.of(1f, 8));
    assertTrue(RankKey.of(-1f, 0) > RankKey.of(-1f, Integer.MAX_VALUE));
    assertTrue(RankKey.of(Float.NEGATIVE_INFINITY, Integer.MAX_VALUE) > RankKey.NONE);
  }

  @Test
  void keysGiveBackWhatWentIn() {
    for (var run = 0; run < 10_000; run++) {
      var score = Float.intBitsToFloat(random.nextInt());
      if (Float.isNaN(score)) {
        continue;
      }
      var ordinal = random.nextInt(Integer.MAX_VALUE);
      var key = RankKey.of(score, ordinal);
      assertEquals(Float.floatToRawIntBits(score), Float.floatToRawIntBits(RankKey.score(key)));
      assertEquals(ordinal, RankKey.ordinal(key));
    }
  }

  @Test
  void keepsTheBestOfAnyStream() {
    assertKeepsTheBest(i -> random.nextInt());
    assertKeepsTheBest(i -> random.nextInt(5));
    assertKeepsTheBest(i -> i);
    assertKeepsTheBest(i -> -i);
    assertKeepsTheBest(i -> i % 2 == 0 ? i : -i);
    assertKeepsTheBest(i -> 3);
    assertKeepsTheBest(i -> Math.abs(i % 200 - 100));
  }

  @Test
  void takesTheBestAndKeepsTheRest() {
    var top = new TopK(10);
    for (var i = 0; i < 100; i++) {
      top.offer(i, i);
    }
    assertArrayEquals(new int[] {99, 98, 97, 96}, ordinals(top.take(4, 3)));
    top.offer(1000f, 1000);
    top.offer(1f, 1);
    assertArrayEquals(new int[] {1000, 95, 94}, ordinals(top.sorted()));
    assertArrayEquals(new int[] {1000, 95, 94}, ordinals(top.take(9, 0)));
    top.offer(5f, 5);
    assertEquals(0, top.sorted().length);
  }

  private void assertKeepsTheBest(IntUnaryOperator scores) {
    for (var k : new int[] {0, 1, 2, 10, 100, 1000, 3000}) {
      var top = new TopK(k);
      var keys = new long[2500];
      for (var i = 0; i < keys.length; i++) {
        var score = (float) scores.applyAsInt(i);
        keys[i] = RankKey.of(score, i);
        top.offer(score, i);
        if (i == 1200) {
          assertArrayEquals(best(keys, 1201, k), top.sorted(), () -> "seed " + seed);
        }
      }
      assertArrayEquals(best(keys, keys.length, k), top.sorted(), () -> "seed " + seed);
    }
  }

  private static long[] best(long[] keys, int count, int k) {
    return LongStream.of(keys)
        .limit(count)
        .map(key -> ~key)
        .sorted()
        .limit(k)
        .map(key -> ~key)
        .toArray();
  }

  private static int[] ordinals(long[] keys) {
    return IntStream.range(0, keys.length).map(i -> RankKey.ordinal(keys[i])).toArray();
  }
}
