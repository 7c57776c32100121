package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * What every engine owes whoever drives it, however it searches. An engine's test extends this and
 * hands in the engine.
 */
public abstract class EngineContract {

  /** Every item is in the sample, so that an approximate engine is exact too. */
  private static final ExploreSettings EVERYTHING = new ExploreSettings(2, 1000, 50, 4);

  private static final int COUNT = 250;

  private static final ExploreSettings LITTLE = new ExploreSettings(3, 40, 10, 4);

  protected final long seed = RandomGenerator.getDefault().nextLong();
  protected final Random random = new Random(seed);

  protected abstract Engine engine(ItemVectors items, ScoreKernel kernel);

  private final ItemVectors items = Samples.items(random, COUNT, 12);
  private final NeighbourTable neighbours = Samples.neighbours(items, 6);
  private final QueryVectors queries = Samples.queries(random, 5, 12);
  private final ItemSet all = ItemSet.all(COUNT);

  @Test
  void findsTheTopOfWhatItScored() {
    for (var k : new int[] {1, 2, 17, 100, COUNT - 1, COUNT, 5000}) {
      assertTop(all, k);
    }
  }

  @Test
  void returnsEligibleItemsOnlyAndAsManyAsThereAre() {
    for (var share : new double[] {0, 0.01, 0.1, 0.5, 0.99}) {
      var eligible = Samples.subset(random, COUNT, share);
      var result = assertTop(eligible, 50);
      assertEquals(Math.min(50, eligible.size()), result.ordinals().length, () -> "seed " + seed);
    }
  }

  @Test
  void explainsWithoutChangingTheAnswer() {
    for (var settings : new ExploreSettings[] {EVERYTHING, LITTLE}) {
      var plain = new SearchRequest(queries, 40, all, 5, settings);
      var explained = new SearchRequest(queries, 40, all, 5, settings, new int[0], true);
      var expected = engine(items, Kernels.plain()).start(plain).finish(neighbours);
      var search = engine(items, Kernels.plain()).start(explained);
      var result = search.finish(neighbours);
      assertArrayEquals(expected.ordinals(), result.ordinals(), () -> "seed " + seed);
      assertArrayEquals(expected.scores(), result.scores(), () -> "seed " + seed);

      var why = search.explanation();
      for (var i = 0; i < result.ordinals().length; i++) {
        var made = Samples.inner(items, result.ordinals()[i], queries, why.queryVectors()[i]);
        assertEquals(result.scores()[i], made + 0f, "place " + i + ", seed " + seed);
      }
      assertEquals(result.rounds(), why.rounds().size());
      assertEquals(
          result.itemsScored(),
          why.rounds().stream().mapToLong(SearchExplanation.RoundCounts::itemsScored).sum());
    }
  }

  @Test
  void explainsOnlyWhereItWasAskedTo() {
    var search =
        engine(items, Kernels.plain()).start(new SearchRequest(queries, 4, all, 5, LITTLE));
    search.finish(neighbours);
    assertThrows(IllegalStateException.class, search::explanation);
  }

  @Test
  void ordersEqualScoresByOrdinal() {
    var values = new float[90];
    for (var i = 0; i < 90; i++) {
      values[i] = (i * 7) % 3 - 1;
    }
    var few = ItemVectors.of(values, 1);
    var result = run(few, Samples.queries(new float[] {1f}), ItemSet.all(90), 70, EVERYTHING);
    for (var i = 1; i < 70; i++) {
      var descends = result.scores()[i] < result.scores()[i - 1];
      var tie = result.scores()[i] == result.scores()[i - 1];
      assertTrue(descends || (tie && result.ordinals()[i] > result.ordinals()[i - 1]));
    }
    assertEquals(70, result.ordinals().length);
  }

  @Test
  void scoresByTheMaximumAndNotTheSumOrTheMean() {
    // Per item: inner products 5 and -9; 3 and 2; 4 and 0.
    var three = ItemVectors.of(new float[] {5, -9, 3, 2, 4, 0}, 2);
    var axes = Samples.queries(new float[] {1, 0}, new float[] {0, 1});
    var result = run(three, axes, ItemSet.all(3), 3, EVERYTHING);
    assertArrayEquals(new int[] {0, 2, 1}, result.ordinals());
    assertArrayEquals(new float[] {5, 4, 3}, result.scores());
  }

  @Test
  void theMaximumOfNegativeInnerProductsIsNegative() {
    var two = ItemVectors.of(new float[] {-2, -3}, 1);
    var result = run(two, Samples.queries(new float[] {1f}), ItemSet.all(2), 2, EVERYTHING);
    assertArrayEquals(new int[] {0, 1}, result.ordinals());
    assertArrayEquals(new float[] {-2, -3}, result.scores());
  }

  @Test
  void scoresHaveTheBitsOfThePlainKernel() {
    var result = run(items, queries, all, 100, LITTLE);
    for (var i = 0; i < result.ordinals().length; i++) {
      assertEquals(
          Float.floatToRawIntBits(Samples.score(items, result.ordinals()[i], queries)),
          Float.floatToRawIntBits(result.scores()[i]),
          () -> "seed " + seed);
    }
  }

  @Test
  void scoresNoItemTwiceAndCountsTheOnesItScored() {
    var kernel = new RecordingKernel();
    var result = engine(items, kernel).start(request(queries, all, 100, LITTLE)).finish(neighbours);
    assertEquals(kernel.scored.size(), new HashSet<>(kernel.scored).size(), () -> "seed " + seed);
    assertEquals(kernel.scored.size(), result.itemsScored());
    assertEquals(kernel.scored.size() * 12L * Float.BYTES, result.bytesRead());
    assertTrue(result.rounds() >= 1);
  }

  @Test
  void givesTheSameAnswerForTheSameSeed() {
    var once = run(items, queries, all, 50, LITTLE);
    var again = run(items, queries, all, 50, LITTLE);
    assertArrayEquals(once.ordinals(), again.ordinals());
    assertArrayEquals(once.scores(), again.scores());
    assertEquals(once.itemsScored(), again.itemsScored());
    assertEquals(once.rounds(), again.rounds());
  }

  @Test
  void hasAValidResultAfterEveryStep() {
    var large = Samples.items(random, 20_000, 64);
    var many = Samples.queries(random, 64, 64);
    var settings = new ExploreSettings(2, 20_000, 5, 2);
    var search =
        engine(large, Kernels.choose().kernel())
            .start(request(many, ItemSet.all(20_000), 30, settings));
    assertEquals(0, search.result().ordinals().length);
    assertFalse(search.result().finished());
    var last = 0L;
    var steps = 0;
    for (var step = search.advance();
        step instanceof Search.Step.More;
        step = search.advance(), steps++) {
      var result = search.result();
      assertFalse(result.finished());
      assertTrue(result.itemsScored() > last, "a step scores something");
      assertSorted(result);
      last = result.itemsScored();
    }
    assertTrue(steps > 1, "a scan of 20,000 items is more than one step");
  }

  @Test
  void finishesAtOnceWithoutQueryVectors() {
    var none = new QueryVectors(new float[0], 0, 12);
    assertFindsNothing(engine(items, Kernels.plain()).start(request(none, all, 5, LITTLE)));
  }

  @Test
  void finishesAtOnceOverAnEmptyCatalogue() {
    var empty = ItemVectors.of(new float[0], 12);
    assertFindsNothing(
        engine(empty, Kernels.plain()).start(request(queries, ItemSet.all(0), 5, LITTLE)));
  }

  @Test
  void saysFinishedAgainOnceItIs() {
    var search = engine(items, Kernels.plain()).start(request(queries, all, 5, LITTLE));
    var result = search.finish(neighbours);
    assertTrue(result.finished());
    assertInstanceOf(Search.Step.Finished.class, search.advance());
    assertEquals(result.itemsScored(), search.result().itemsScored());
  }

  @Test
  void refusesNeighboursThatItDidNotAskFor() {
    var search = engine(items, Kernels.plain()).start(request(queries, all, 5, LITTLE));
    assertThrows(
        IllegalStateException.class,
        () -> search.supply(new Search.Answer.Neighbours(new int[0][])));
    search.finish(neighbours);
    assertThrows(
        IllegalStateException.class,
        () -> search.supply(new Search.Answer.Neighbours(new int[0][])));
  }

  @Test
  void refusesRequestsOfAnotherSpacesShape() {
    var engine = engine(items, Kernels.plain());
    assertThrows(
        IllegalArgumentException.class,
        () -> engine.start(request(Samples.queries(random, 2, 13), all, 5, LITTLE)));
    assertThrows(
        IllegalArgumentException.class,
        () -> engine.start(request(queries, ItemSet.all(COUNT + 1), 5, LITTLE)));
  }

  protected final SearchRequest request(
      QueryVectors queries, ItemSet eligible, int k, ExploreSettings settings) {
    return new SearchRequest(queries, k, eligible, 42, settings);
  }

  private SearchResult run(
      ItemVectors items, QueryVectors queries, ItemSet eligible, int k, ExploreSettings settings) {
    var table = items == this.items ? neighbours : NeighbourTable.of(new int[0], 1);
    var result =
        engine(items, Kernels.choose().kernel())
            .start(request(queries, eligible, k, settings))
            .finish(table);
    assertTrue(result.finished());
    assertSorted(result);
    return result;
  }

  private SearchResult assertTop(ItemSet eligible, int k) {
    var result = run(items, queries, eligible, k, EVERYTHING);
    assertArrayEquals(
        Samples.ranking(items, queries, eligible, k), result.ordinals(), () -> "seed " + seed);
    return result;
  }

  private static void assertSorted(SearchResult result) {
    assertEquals(result.ordinals().length, Arrays.stream(result.ordinals()).distinct().count());
    for (var i = 1; i < result.scores().length; i++) {
      assertTrue(result.scores()[i] <= result.scores()[i - 1]);
    }
  }

  private static void assertFindsNothing(Search search) {
    assertInstanceOf(Search.Step.Finished.class, search.advance());
    var result = assertDoesNotThrow(search::result);
    assertTrue(result.finished());
    assertEquals(0, result.ordinals().length);
    assertEquals(0, result.itemsScored());
    assertThrows(
        IllegalStateException.class,
        () -> search.supply(new Search.Answer.Neighbours(new int[0][])));
  }
}
