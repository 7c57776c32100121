package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.retrieval.Search.Step;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Exploration gives up items on purpose; here stands what it may never give up: what it has found,
 * the order of its frontier, and the same answer for the same seed.
 */
class ExploreTest extends EngineContract {

  private static final int COUNT = 300;

  private final ItemVectors items = Samples.items(random, COUNT, 8);
  private final NeighbourTable neighbours = Samples.neighbours(items, 8);
  private final QueryVectors queries = Samples.queries(random, 6, 8);
  private final ItemSet all = ItemSet.all(COUNT);

  @Override
  protected Engine engine(ItemVectors items, ScoreKernel kernel) {
    return Engine.explore(items, kernel);
  }

  @Test
  void theFirstRoundScoresTheSampleAlone() {
    var result = explore(all, 50, new ExploreSettings(1, 100, 10, 8));
    assertEquals(100, result.itemsScored());
    assertEquals(1, result.rounds());
  }

  @Test
  void otherSeedsDrawOtherSamples() {
    var settings = new ExploreSettings(1, 100, 10, 8);
    var one = explore(new SearchRequest(queries, 50, all, 1, settings));
    var two = explore(new SearchRequest(queries, 50, all, 2, settings));
    assertFalse(Arrays.equals(one.ordinals(), two.ordinals()));
  }

  @Test
  void theSampleIsUniform() {
    var times = new int[COUNT];
    var kernel = new RecordingKernel();
    for (var seed = 0; seed < 600; seed++) {
      Engine.explore(items, kernel)
          .start(new SearchRequest(queries, 1, all, seed, new ExploreSettings(1, 30, 1, 1)))
          .finish(neighbours);
    }
    kernel.scored.forEach(ordinal -> times[ordinal]++);
    // Binomial with mean 60 and deviation 7.4: six deviations, over 300 items.
    for (var ordinal = 0; ordinal < COUNT; ordinal++) {
      assertTrue(Math.abs(times[ordinal] - 60) < 45, "item " + ordinal + ": " + times[ordinal]);
    }
  }

  @Test
  void asksForTheBestItemsNotYetExpanded() {
    var kernel = new RecordingKernel();
    var eligible = Samples.subset(random, COUNT, 0.2);
    var settings = new ExploreSettings(5, 100, 20, 8);
    var search = Engine.explore(items, kernel).start(request(queries, eligible, 50, settings));
    var expanded = new HashSet<Integer>();
    for (var step = search.advance(); !(step instanceof Step.Finished); step = search.advance()) {
      if (step instanceof Step.NeedNeighbours need) {
        assertArrayEquals(frontier(kernel.scored, expanded, 20), need.ordinals());
        Arrays.stream(need.ordinals()).forEach(expanded::add);
        search.supply(
            new Search.Answer.Neighbours(neighbours.lists(need.ordinals(), need.count())));
      }
    }
    assertEquals(80, expanded.size(), () -> "seed " + seed);
  }

  @Test
  void losesNothingGoodBetweenRounds() {
    float[] before = {};
    for (var rounds = 1; rounds <= 6; rounds++) {
      var after = explore(all, 60, new ExploreSettings(rounds, 80, 15, 8)).scores();
      assertTrue(after.length >= before.length);
      for (var i = 0; i < before.length; i++) {
        assertTrue(after[i] >= before[i], "rank " + i + " of round " + rounds + ", seed " + seed);
      }
      before = after;
    }
  }

  @Test
  void keepsTheBestOfAllThatItScored() {
    var kernel = new RecordingKernel();
    var eligible = Samples.subset(random, COUNT, 0.5);
    var result =
        Engine.explore(items, kernel)
            .start(request(queries, eligible, 40, new ExploreSettings(4, 90, 15, 8)))
            .finish(neighbours);
    var scored = new HashSet<>(kernel.scored);
    var scoredAndEligible = ItemSet.where(COUNT, scored::contains).and(eligible);
    assertArrayEquals(
        Samples.ranking(items, queries, scoredAndEligible, 40),
        result.ordinals(),
        () -> "seed " + seed);
  }

  @Test
  void findsEverythingWhenItCoversAConnectedGraph() {
    var result = explore(all, 100, new ExploreSettings(COUNT, 1, COUNT, 8));
    assertArrayEquals(
        Samples.ranking(items, queries, all, 100), result.ordinals(), () -> "seed " + seed);
    assertEquals(COUNT, result.itemsScored());
  }

  @Test
  void stoppedAfterARoundItAnswersAsIfThatHadBeenTheLast() {
    var search =
        Engine.explore(items, Kernels.plain())
            .start(request(queries, all, 60, new ExploreSettings(6, 80, 15, 8)));
    for (var rounds = 1; rounds <= 3; rounds++) {
      var need = needed(search);
      var stopped = search.result();
      var whole = explore(all, 60, new ExploreSettings(rounds, 80, 15, 8));
      assertEquals(rounds, stopped.rounds());
      assertFalse(stopped.finished());
      assertArrayEquals(whole.ordinals(), stopped.ordinals());
      assertArrayEquals(whole.scores(), stopped.scores());
      search.supply(new Search.Answer.Neighbours(neighbours.lists(need.ordinals(), need.count())));
    }
  }

  @Test
  void stoppedWithinARoundItAnswersWithTheFinishedOnes() {
    var wide = Samples.items(random, 9000, 128);
    var many = Samples.queries(random, 128, 128);
    var search =
        Engine.explore(wide, Kernels.choose().kernel())
            .start(request(many, ItemSet.all(9000), 40, new ExploreSettings(2, 10, 10, 800)));
    var need = needed(search);
    var finished = search.result();
    search.supply(new Search.Answer.Neighbours(everythingElse(need, 9000, 800)));
    assertInstanceOf(Step.More.class, search.advance());
    assertEquals(1, search.result().rounds());
    assertTrue(search.result().itemsScored() > finished.itemsScored());
    assertArrayEquals(finished.ordinals(), search.result().ordinals());
  }

  @Test
  void endsWhenAllAreScored() {
    var result = explore(all, 10, new ExploreSettings(9, COUNT, 10, 8));
    assertEquals(1, result.rounds());
    assertTrue(result.finished());
  }

  @Test
  void endsWhenTheFrontierIsEmpty() {
    var alone = new NeighbourTable(MemorySegment.ofArray(new int[0]), COUNT, 0);
    var result =
        Engine.explore(items, Kernels.plain())
            .start(request(queries, all, 10, new ExploreSettings(9, 20, 50, 8)))
            .finish(alone);
    assertEquals(20, result.itemsScored());
    assertEquals(2, result.rounds());
  }

  @Test
  void endsWhenARoundChangesNothing() {
    // Every list leads to the best two: then 20 more unexpanded items could only lead there again.
    var line = new float[40];
    var toTheBest = new int[80];
    for (var i = 0; i < 40; i++) {
      line[i] = 40 - i;
      toTheBest[2 * i + 1] = 1;
    }
    var settings = new ExploreSettings(50, 20, 2, 2);
    var result =
        Engine.explore(ItemVectors.of(line, 1), Kernels.plain())
            .start(request(Samples.queries(new float[] {1f}), ItemSet.all(40), 2, settings))
            .finish(NeighbourTable.of(toTheBest, 2));
    assertArrayEquals(new int[] {0, 1}, result.ordinals());
    assertTrue(result.finished());
    assertTrue(result.rounds() <= 4, "rounds: " + result.rounds());
  }

  @Test
  void missingNeighboursAndShortRowsAreNoMistake() {
    var search = waiting();
    var need = needed(search);
    var lists = new int[need.ordinals().length][];
    Arrays.fill(lists, new int[] {-1, 7, -1});
    lists[0] = new int[0];
    search.supply(new Search.Answer.Neighbours(lists));
    assertInstanceOf(Step.class, search.advance());
  }

  @Test
  void refusesToGoOnWithoutTheNeighboursItNeeds() {
    var search = waiting();
    needed(search);
    assertThrows(IllegalStateException.class, search::advance);
  }

  @Test
  void refusesListsThatAreNotAsAskedAndWaitsForBetterOnes() {
    var search = waiting();
    var need = needed(search);
    var lists = neighbours.lists(need.ordinals(), need.count());
    assertRefused(search, new int[0][]);
    assertRefused(search, Arrays.copyOf(lists, lists.length - 1));
    for (var row : List.of(new int[9], new int[] {COUNT}, new int[] {-2})) {
      var wrong = lists.clone();
      wrong[1] = row;
      assertRefused(search, wrong);
    }
    search.supply(new Search.Answer.Neighbours(lists));
    assertTrue(search.finish(neighbours).finished());
  }

  @Test
  void closeItemsScoreClose() {
    var longest = 0.0;
    for (var q = 0; q < queries.count(); q++) {
      var sum = 0.0;
      for (var d = 0; d < queries.width(); d++) {
        sum += Math.pow(queries.values()[q * queries.width() + d], 2);
      }
      longest = Math.max(longest, Math.sqrt(sum));
    }
    for (var run = 0; run < 20_000; run++) {
      var a = random.nextInt(COUNT);
      var b = random.nextInt(COUNT);
      var apart =
          Math.abs((double) Samples.score(items, a, queries) - Samples.score(items, b, queries));
      assertTrue(
          apart <= longest * Samples.distance(items, a, b) + 1e-4,
          () -> "items " + a + " and " + b + ", seed " + seed);
    }
  }

  @Test
  void scoresEntriesBesideItsSample() {
    var entries = Samples.ranking(items, queries, all, 5);
    var kernel = new RecordingKernel();
    var settings = new ExploreSettings(1, 20, 1, 1);
    var result =
        Engine.explore(items, kernel)
            .start(new SearchRequest(queries, 5, all, seed, settings, entries, false))
            .finish(neighbours);
    assertArrayEquals(entries, result.ordinals(), () -> "seed " + seed);
    assertEquals(kernel.scored.size(), new HashSet<>(kernel.scored).size());
    assertTrue(result.itemsScored() >= 20 && result.itemsScored() <= 25, () -> "seed " + seed);
  }

  @Test
  void refusesEntriesThatAreNoItems() {
    var settings = new ExploreSettings(1, 20, 1, 1);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> explore(new SearchRequest(queries, 5, all, 1, settings, new int[] {COUNT}, false)));
  }

  @Test
  void namesTheRoundAndTheNeighbourThatFoundAnItem() {
    var settings = new ExploreSettings(4, 40, 10, 8);
    var search =
        Engine.explore(items, Kernels.plain())
            .start(new SearchRequest(queries, 60, all, seed, settings, new int[0], true));
    var found = new ArrayList<List<Integer>>();
    for (var step = search.advance(); ; step = search.advance()) {
      if (step instanceof Step.NeedNeighbours need) {
        found.add(Arrays.stream(search.result().ordinals()).boxed().toList());
        search.supply(
            new Search.Answer.Neighbours(neighbours.lists(need.ordinals(), need.count())));
      } else if (step instanceof Step.Finished) {
        break;
      }
    }
    var result = search.result();
    found.add(Arrays.stream(result.ordinals()).boxed().toList());
    var why = search.explanation();
    for (var i = 0; i < result.ordinals().length; i++) {
      var ordinal = result.ordinals()[i];
      var round = why.foundIn()[i];
      var parent = why.neighbourOf()[i];
      assertTrue(found.get(round - 1).contains(ordinal), () -> "seed " + seed);
      assertTrue(round == 1 || !found.get(round - 2).contains(ordinal), () -> "seed " + seed);
      assertEquals(round > 1, parent >= 0, () -> "seed " + seed);
      if (parent >= 0) {
        var row = neighbours.lists(new int[] {parent}, 8)[0];
        assertTrue(Arrays.stream(row).anyMatch(o -> o == ordinal), () -> "seed " + seed);
        assertTrue(why.rounds().get(round - 1).expanded() > 0);
      }
    }
    assertEquals(40, why.rounds().getFirst().itemsScored());
  }

  private Search waiting() {
    return Engine.explore(items, Kernels.plain())
        .start(request(queries, all, 10, new ExploreSettings(3, 50, 10, 8)));
  }

  private static Step.NeedNeighbours needed(Search search) {
    for (var step = search.advance(); ; step = search.advance()) {
      if (step instanceof Step.NeedNeighbours need) {
        return need;
      }
      assertInstanceOf(Step.More.class, step);
    }
  }

  private static void assertRefused(Search search, int[][] lists) {
    assertThrows(
        IllegalArgumentException.class, () -> search.supply(new Search.Answer.Neighbours(lists)));
  }

  private SearchResult explore(ItemSet eligible, int k, ExploreSettings settings) {
    return explore(request(queries, eligible, k, settings));
  }

  private SearchResult explore(SearchRequest request) {
    return Engine.explore(items, Kernels.choose().kernel()).start(request).finish(neighbours);
  }

  private int[] frontier(List<Integer> scored, HashSet<Integer> expanded, int keep) {
    var seen = new HashSet<>(scored);
    seen.removeAll(expanded);
    return Samples.ranking(items, queries, ItemSet.where(COUNT, seen::contains), keep);
  }

  private static int[][] everythingElse(Step.NeedNeighbours need, int count, int perItem) {
    var lists = new ArrayList<int[]>();
    for (var i = 0; i < need.ordinals().length; i++) {
      var row = new int[perItem];
      for (var j = 0; j < perItem; j++) {
        row[j] = (i * perItem + j) % count;
      }
      lists.add(row);
    }
    return lists.toArray(int[][]::new);
  }
}
