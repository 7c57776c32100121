package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A certificate that lies is worse than none: who reads it stops looking. Whatever the lists hold,
 * a certified answer is the exact engine's.
 */
class UnionTest {

  private static final ExploreSettings IGNORED = new ExploreSettings(1, 1, 1, 1);
  private static final int WIDTH = 6;

  private final long seed = RandomGenerator.getDefault().nextLong();
  private final Random random = new Random(seed);
  private ItemVectors items = Samples.items(random, 400, WIDTH);
  private QueryVectors queries = Samples.queries(random, 5, WIDTH);
  private final List<Search.Step.NeedHits> calls = new ArrayList<>();

  /** An index by sorting: lists what {@code held} holds, never more than {@code most} for one. */
  private Hits scan(Search.Step.NeedHits need, ItemSet held, int most) {
    calls.add(need);
    var ordinals = new int[need.queryVectors().length][];
    var bounds = new float[ordinals.length];
    for (var i = 0; i < ordinals.length; i++) {
      var query = need.queryVectors()[i];
      var all =
          IntStream.range(0, items.count())
              .filter(held::contains)
              .boxed()
              .sorted(Comparator.comparingDouble(o -> -Samples.inner(items, o, queries, query)))
              .mapToInt(Integer::intValue)
              .toArray();
      var length = Math.min(all.length, Math.min(need.limit(), most));
      ordinals[i] = IntStream.of(all).limit(length).toArray();
      bounds[i] =
          length == all.length
              ? Float.NEGATIVE_INFINITY
              : Samples.inner(items, all[length - 1], queries, query);
    }
    return new Hits(ordinals, bounds, true);
  }

  private Search start(int k, ItemSet eligible, int firstHits) {
    return Engine.milvus(items, Kernels.plain(), firstHits)
        .start(new SearchRequest(queries, k, eligible, 1, IGNORED, new int[0], true));
  }

  private SearchResult finish(Search search, ItemSet held, int most) {
    for (var step = search.advance(); ; step = search.advance()) {
      switch (step) {
        case Search.Step.More _ -> {}
        case Search.Step.NeedHits need -> search.supply(scan(need, held, most));
        case Search.Step.NeedNeighbours _ -> throw new AssertionError("it asked for neighbours");
        case Search.Step.NeedVectors _ -> throw new AssertionError("it asked for vectors");
        case Search.Step.Finished _ -> {
          return search.result();
        }
      }
    }
  }

  private SearchResult exact(int k, ItemSet eligible) {
    return Engine.exact(items, Kernels.plain())
        .start(new SearchRequest(queries, k, eligible, 1, IGNORED))
        .finish();
  }

  /** The answer, its bits, and no more than two calls, the second for fewer. */
  @Test
  void aCertifiedAnswerIsTheExactOne() {
    var certified = 0;
    for (var run = 0; run < 400; run++) {
      calls.clear();
      items =
          ties()
              ? coarse(30 + random.nextInt(300))
              : Samples.items(random, 1 + random.nextInt(400), WIDTH);
      queries = Samples.queries(random, 1 + random.nextInt(12), WIDTH);
      var eligible = random.nextInt(3) == 0 ? some() : ItemSet.all(items.count());
      var held = random.nextBoolean() ? eligible : ItemSet.all(items.count());
      var most = random.nextInt(3) == 0 ? 1 + random.nextInt(20) : items.count();
      var k = 1 + random.nextInt(120);
      var result = finish(start(k, eligible, random.nextInt(3) * 7), held, most);
      var expected = exact(k, eligible);

      assertTrue(result.finished());
      assertTrue(calls.size() <= 2, this::seed);
      for (var ordinal : result.ordinals()) {
        assertTrue(eligible.contains(ordinal), this::seed);
      }
      if (result.certificate() == Certificate.EXACT) {
        certified++;
        assertArrayEquals(expected.ordinals(), result.ordinals(), this::seed);
        assertArrayEquals(expected.scores(), result.scores(), this::seed);
      }
    }
    assertTrue(certified > 100, certified + " of 400 were certified; " + seed());
  }

  private boolean ties() {
    return random.nextInt(3) == 0;
  }

  private ItemSet some() {
    return Samples.subset(random, items.count(), random.nextDouble());
  }

  /** Few distinct vectors: equal scores everywhere. */
  private ItemVectors coarse(int count) {
    var values = new float[count * WIDTH];
    for (var i = 0; i < values.length; i++) {
      values[i] = random.nextInt(2);
    }
    return ItemVectors.of(values, WIDTH);
  }

  @Test
  void listsThatAreDeepEnoughAreAlwaysCertified() {
    for (var run = 0; run < 100; run++) {
      items = Samples.items(random, 50 + random.nextInt(300), WIDTH);
      var all = ItemSet.all(items.count());
      var k = 1 + random.nextInt(40);
      var result = finish(start(k, all, 0), all, items.count());
      var scores = exact(k + 1, all).scores();
      // Of two scores that may be equal but for the order of their sums nothing is promised.
      if (scores[k - 1] - scores[k] > 0x1p-16f * Math.abs(scores[k - 1])) {
        assertEquals(Certificate.EXACT, result.certificate(), this::seed);
      }
    }
  }

  @Test
  void asksAgainOnlyForTheQueryVectorsThatNeedIt() {
    // The first query vector makes every score; the others list items of small scores.
    var values = new float[400 * WIDTH];
    for (var i = 0; i < 400; i++) {
      values[i * WIDTH] = 400 - i;
      values[i * WIDTH + 1] = i;
      values[i * WIDTH + 2] = (i * 7) % 400;
    }
    items = ItemVectors.of(values, WIDTH);
    queries = Samples.queries(axis(0, 100), axis(1, 1e-5f), axis(2, 1e-5f));
    var result = finish(start(20, all(), 10), all(), 400);
    assertEquals(2, calls.size());
    assertArrayEquals(new int[] {0, 1, 2}, calls.get(0).queryVectors());
    assertEquals(10, calls.get(0).limit());
    assertArrayEquals(new int[] {0}, calls.get(1).queryVectors());
    assertEquals(21, calls.get(1).limit());
    assertEquals(Certificate.EXACT, result.certificate());
    assertEquals(2, result.rounds());
  }

  private static float[] axis(int which, float length) {
    var axis = new float[WIDTH];
    axis[which] = length;
    return axis;
  }

  @Test
  void asksAtFirstForSomeTimesTheEvenShare() {
    assertEquals(64, firstLimit(1000, 128));
    assertEquals(16, firstLimit(100, 128));
    assertEquals(6, firstLimit(5, 4));
    assertEquals(21, firstLimit(20, 1));
  }

  private int firstLimit(int k, int m) {
    items = Samples.items(random, 2000, 2);
    queries = Samples.queries(random, m, 2);
    return ((Search.Step.NeedHits) start(k, ItemSet.all(2000), 0).advance()).limit();
  }

  @Test
  void anApproximateIndexIsCertifiedInDepthOnly() {
    var all = ItemSet.all(items.count());
    var search = start(10, all, 0);
    var need = (Search.Step.NeedHits) search.advance();
    var hits = scan(need, all, items.count());
    search.supply(new Hits(hits.ordinals(), hits.bounds(), false));
    while (!(search.advance() instanceof Search.Step.Finished)) {
      search.supply(scan(calls.getLast(), all, items.count()));
    }
    assertEquals(Certificate.DEPTH, search.result().certificate());
  }

  @Test
  void isValidWhereverItIsLeft() {
    var all = ItemSet.all(items.count());
    var search = start(100, all, 10);
    assertEquals(0, search.result().ordinals().length);
    var need = assertInstanceOf(Search.Step.NeedHits.class, search.advance());
    assertThrows(IllegalStateException.class, search::advance);
    search.supply(scan(need, all, items.count()));
    assertInstanceOf(Search.Step.NeedHits.class, search.advance());
    var cut = search.result();
    assertFalse(cut.finished());
    assertEquals(1, cut.rounds());
    assertEquals(Certificate.NONE, cut.certificate());
    assertTrue(cut.ordinals().length > 0);
  }

  @Test
  void nothingFoundIsAnAnswer() {
    var none = ItemSet.none(items.count());
    var result = finish(start(5, none, 0), none, 10);
    assertTrue(result.finished());
    assertEquals(0, result.ordinals().length);
    assertEquals(Certificate.EXACT, result.certificate());
  }

  @Test
  void scoresNoItemTwiceAndExplainsWhatItFound() {
    var kernel = new RecordingKernel();
    var all = ItemSet.all(items.count());
    var search =
        Engine.milvus(items, kernel, 10)
            .start(new SearchRequest(queries, 60, all, 1, IGNORED, new int[0], true));
    var result = finish(search, all, items.count());
    assertEquals(kernel.scored.size(), new HashSet<>(kernel.scored).size(), this::seed);
    assertEquals(kernel.scored.size(), result.itemsScored());
    var why = search.explanation();
    assertEquals(result.rounds(), why.rounds().size());
    for (var i = 0; i < result.ordinals().length; i++) {
      var made = Samples.inner(items, result.ordinals()[i], queries, why.queryVectors()[i]);
      assertEquals(result.scores()[i], made + 0f, this::seed);
      assertEquals(-1, why.neighbourOf()[i]);
      assertTrue(why.foundIn()[i] >= 1 && why.foundIn()[i] <= result.rounds());
    }
  }

  @Test
  void refusesListsThatItDidNotAskFor() {
    var search = start(5, all(), 0);
    var none = new Hits(new int[0][], new float[0], true);
    assertThrows(IllegalStateException.class, () -> search.supply(none));
    search.advance();
    assertThrows(IllegalArgumentException.class, () -> search.supply(none));
    var strange = new Hits(new int[][] {{400}, {}, {}, {}, {}}, new float[5], true);
    assertThrows(IllegalArgumentException.class, () -> search.supply(strange));
    assertThrows(
        IllegalStateException.class,
        () -> search.supply(new Search.Answer.Neighbours(new int[0][])));
    search.supply(scan(new Search.Step.NeedHits(new int[] {0, 1, 2, 3, 4}, 6), all(), 400));
    assertTrue(finish(search, all(), 400).finished());
  }

  private ItemSet all() {
    return ItemSet.all(items.count());
  }

  private String seed() {
    return "seed " + seed;
  }

  /** What an index lists beyond its limit is not read: it would set how long a step takes. */
  @Test
  void listsLongerThanAskedForAreCut() {
    items = Samples.items(random, 400_000, 1);
    queries = Samples.queries(random, 16, 1);
    var search = start(10, ItemSet.all(items.count()), 0);
    var need = assertInstanceOf(Search.Step.NeedHits.class, search.advance());
    var lists = new int[need.queryVectors().length][100];
    var ordinal = 0;
    for (var list : lists) {
      for (var rank = 0; rank < list.length; rank++) {
        list[rank] = rank < need.limit() ? ordinal++ : Integer.MAX_VALUE;
      }
    }
    search.supply(new Hits(lists, new float[lists.length], true));
    var step = search.advance();
    while (step instanceof Search.Step.More) {
      step = search.advance();
    }
    assertEquals((long) lists.length * need.limit(), search.result().itemsScored());
    assertEquals(Certificate.NONE, search.result().certificate(), "a cut list promises nothing");
  }
}
