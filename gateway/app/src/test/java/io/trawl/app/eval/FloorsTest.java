package io.trawl.app.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.User;
import io.trawl.space.HeldOut;
import io.trawl.space.SampleUser;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The floors against scores worked out by hand: a wrong floor makes every model look good. */
class FloorsTest {

  private static final double EXACT = 1e-12;

  private static EvalCase aCase(@Nullable String text, int[] history, int... truth) {
    var user = new SampleUser(new User("u", Map.of(), List.of()), null, Map.of());
    return new EvalCase(user, "next-item", history, text, truth);
  }

  private static double[] scores(Floor floor, int items, EvalCase aCase) {
    var scores = new double[items];
    floor.score(aCase, scores);
    return scores;
  }

  @Test
  void theOracleIsWhatWasWrittenDown() {
    var sum = new Quality.Sum();
    sum.add(0);
    sum.add(7, 2000);
    var known =
        List.of(ofOracle(List.of(0), 5), ofOracle(List.of(7, 2000), 5, 6), ofOracle(List.of(), 5));
    assertEquals(new FloorQuality("oracle", sum.mean()), Oracle.of(known).orElseThrow());
    assertTrue(Oracle.of(List.of(ofOracle(List.of(), 5))).isEmpty());
  }

  private static EvalCase ofOracle(List<Integer> ranks, int... truth) {
    var heldOut = new HeldOut(List.of("i1"), null, ranks);
    var user =
        new SampleUser(new User("u", Map.of(), List.of()), null, Map.of("next-item", heldOut));
    return new EvalCase(user, "next-item", new int[0], null, truth);
  }

  @Test
  void popularityCountsBehaviours() {
    var floor = new PopularityFloor(4, List.of(new int[] {0, 1, 1}, new int[] {1, 3}));
    assertArrayEquals(new double[] {1, 3, 0, 1}, scores(floor, 4, aCase(null, new int[0], 2)));
  }

  @Test
  void ranksLeaveTheHistoryOutAndGiveTiesToTheSmallerOrdinal() {
    var scores = new double[] {1, 3, 0, 1, 0};
    assertArrayEquals(new int[] {0}, Ranks.of(scores, new int[] {1}, new int[0]));
    assertArrayEquals(new int[] {1, 2}, Ranks.of(scores, new int[] {0, 3}, new int[0]));
    assertArrayEquals(new int[] {1}, Ranks.of(scores, new int[] {3}, new int[] {1}));
    assertArrayEquals(new int[] {3, 4}, Ranks.of(scores, new int[] {2, 4}, new int[0]));
    assertArrayEquals(
        new int[] {Quality.NOT_RANKED}, Ranks.of(scores, new int[] {1}, new int[] {1}));
  }

  @Test
  void cooccurrenceWeighsDistanceAgeAndPopularity() {
    var histories = List.of(new int[] {0, 1, 2}, new int[] {2, 0}, new int[] {3});
    var floor = new CooccurrenceFloor(4, histories);
    // w(0,1) = 1, w(0,2) = 1/2 + 1, w(1,2) = 1; popularity 2, 1, 2, 1.
    var newest = scores(floor, 4, aCase(null, new int[] {0}, 2));
    assertArrayEquals(new double[] {0, 1, 1.5 / Math.sqrt(2), 0}, newest, EXACT);
    // Behaviour 1 is the newest (age 1), 0 has age 2.
    var both = scores(floor, 4, aCase(null, new int[] {0, 1}, 2));
    assertEquals((1 + 1.5 / 2) / Math.sqrt(2), both[2], EXACT);
  }

  @Test
  void cooccurrenceEndsTenStepsAway() {
    var history = new int[12];
    Arrays.setAll(history, i -> i);
    var floor = new CooccurrenceFloor(12, List.of(history));
    var scores = scores(floor, 12, aCase(null, new int[] {0}, 11));
    assertEquals(0.1, scores[10], EXACT);
    assertEquals(0, scores[11], EXACT);
    var eleven = Arrays.copyOf(history, 11);
    var late = scores(floor, 12, aCase(null, eleven, 11));
    // Ages 1 to 10 are items 10 to 1, at distances 1 to 10 from item 11; item 0 is too old.
    var expected = 0.0;
    for (var age = 1; age <= 10; age++) {
      expected += 1.0 / age / age;
    }
    assertEquals(expected, late[11], EXACT);
  }

  @Test
  void bm25FindsItemsByTheirWords() {
    var floor = new Bm25Floor(List.of("Garden lamp", "GARDEN garden hose-pipe", "Café table", ""));
    var scores = scores(floor, 4, aCase("garden lamp", new int[0], 0));
    // N = 4, lengths 2, 4, 2, 0, mean 2; df(garden) = 2, df(lamp) = 1.
    var garden = Math.log(1 + 2.5 / 2.5);
    var lamp = Math.log(1 + 3.5 / 1.5);
    assertEquals((garden + lamp) * 2.2 / 2.2, scores[0], EXACT);
    assertEquals(garden * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 2)), scores[1], EXACT);
    assertEquals(0, scores[2], EXACT);
    assertTrue(scores(floor, 4, aCase("CAFÉ!", new int[0], 2))[2] > 0);
  }

  @Test
  void bm25NeedsAText() {
    var floor = new Bm25Floor(List.of("Garden lamp"));
    assertFalse(floor.ranks(aCase(null, new int[0], 0)));
    assertTrue(floor.ranks(aCase("lamp", new int[0], 0)));
    assertArrayEquals(new double[1], scores(floor, 1, aCase("??", new int[0], 0)), EXACT);
  }

  @Test
  void chanceIsWhatShufflingWouldGive() {
    // 2 of 22 items are in the history; 1 of the other 20 is right.
    var one = Chance.of(22, List.of(aCase(null, new int[] {20, 21, 20}, 3)));
    assertEquals(5 / 20.0, one.of(Metric.HR_5), EXACT);
    assertEquals(10 / 20.0, one.of(Metric.HR_10), EXACT);
    assertEquals(1, one.of(Metric.RECALL_1000), EXACT);
    // Two right of 4: the first five hold both; place by place gain 1/2, best order gains 1 +
    // 1/log2(3).
    var two = Chance.of(4, List.of(aCase(null, new int[0], 0, 1)));
    var log = Math.log(2);
    var all = 1 + log / Math.log(3) + log / Math.log(4) + log / Math.log(5);
    assertEquals(1, two.of(Metric.HR_5), EXACT);
    assertEquals(all / 2 / (1 + log / Math.log(3)), two.of(Metric.NDCG_5), EXACT);
  }

  @Test
  void drawsTheSameUsersForTheSameSeed() {
    var all = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    var drawn = EvalSet.drawn(all, 4, 7);
    assertEquals(4, drawn.size());
    assertEquals(drawn, EvalSet.drawn(all, 4, 7));
    assertEquals(drawn.stream().sorted().toList(), drawn);
    assertEquals(all, EvalSet.drawn(all, 0, 7));
    assertEquals(all, EvalSet.drawn(all, 99, 7));
  }
}
