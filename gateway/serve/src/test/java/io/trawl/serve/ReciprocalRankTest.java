package io.trawl.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.serve.ReciprocalRank.Fused;
import io.trawl.serve.ReciprocalRank.Ranking;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two lists become one by places, and an item that stands in both stands for both. */
class ReciprocalRankTest {

  private static final Ranking NOTHING = new Ranking(new int[0], new float[0]);

  @Test
  void anItemIsWorthItsPlacesInBothLists() {
    var dense = new Ranking(new int[] {4, 2, 9}, new float[] {8, 7, 6});
    var lexical = new Ranking(new int[] {2, 5}, new float[] {3, 1});
    var fused = ReciprocalRank.fuse(dense, lexical, 9);
    assertEquals(List.of(2, 4, 5, 9), ordinals(fused));
    assertEquals(1.0 / 62 + 1.0 / 61, fused.getFirst().worth(), 1e-12);
    assertEquals(1.0 / 61, fused.get(1).worth(), 1e-12);
    assertEquals(1.0 / 62, fused.get(2).worth(), 1e-12);
    assertEquals(List.of(2, 4), ordinals(ReciprocalRank.fuse(dense, lexical, 2)));
  }

  @Test
  void aListCountsWhatItWeighs() {
    var dense = new Ranking(new int[] {4, 2}, new float[] {8, 7});
    var lexical = new Ranking(new int[] {5, 2}, new float[] {3, 1}, 3);
    var fused = ReciprocalRank.fuse(dense, lexical, 9);
    assertEquals(List.of(2, 5, 4), ordinals(fused));
    assertEquals(1.0 / 62 + 3.0 / 62, fused.getFirst().worth(), 1e-12);
    assertEquals(3.0 / 61, fused.get(1).worth(), 1e-12);
  }

  @Test
  void oneListAloneKeepsItsOrder() {
    var ranking = new Ranking(new int[] {4, 2, 9}, new float[] {8, 7, 6});
    assertEquals(List.of(4, 2, 9), ordinals(ReciprocalRank.fuse(ranking, NOTHING, 3)));
    assertEquals(List.of(4, 2, 9), ordinals(ReciprocalRank.fuse(NOTHING, ranking, 3)));
    assertEquals(List.of(), ordinals(ReciprocalRank.fuse(NOTHING, NOTHING, 3)));
  }

  @Test
  void itemsOfOneScoreShareTheMiddleOfTheirPlaces() {
    var lexical = new Ranking(new int[] {1, 3, 5, 7}, new float[] {2, 2, 2, 1});
    var fused = ReciprocalRank.fuse(NOTHING, lexical, 4);
    assertEquals(
        List.of(1.0 / 62, 1.0 / 62, 1.0 / 62, 1.0 / 64), fused.stream().map(Fused::worth).toList());
    // So the other list decides among them.
    var dense = new Ranking(new int[] {5, 1}, new float[] {9, 8});
    assertEquals(List.of(5, 1, 3, 7), ordinals(ReciprocalRank.fuse(dense, lexical, 4)));
  }

  @Test
  void isWhatItsFormulaSays() {
    for (var seed = 0; seed < 50; seed++) {
      var random = new Random(seed);
      var dense = ranking(random);
      var lexical = ranking(random);
      var expected =
          IntStream.range(0, 40)
              .boxed()
              .filter(o -> worth(dense, o) + worth(lexical, o) > 0)
              .sorted(
                  Comparator.comparingDouble((Integer o) -> -worth(dense, o) - worth(lexical, o))
                      .thenComparing(o -> o))
              .limit(20)
              .toList();
      assertEquals(expected, ordinals(ReciprocalRank.fuse(dense, lexical, 20)), "seed " + seed);
    }
  }

  private static Ranking ranking(Random random) {
    var ordinals = IntStream.range(0, 40).boxed().collect(Collectors.toList());
    Collections.shuffle(ordinals, random);
    var kept = ordinals.subList(0, random.nextInt(40)).stream().mapToInt(o -> o).toArray();
    var scores = new float[kept.length];
    var score = 100f;
    for (var i = 0; i < scores.length; i++) {
      score -= random.nextInt(2);
      scores[i] = score;
    }
    return new Ranking(kept, scores);
  }

  private static double worth(Ranking ranking, int ordinal) {
    for (var i = 0; i < ranking.ordinals().length; i++) {
      if (ranking.ordinals()[i] == ordinal) {
        var score = ranking.scores()[i];
        var higher =
            IntStream.range(0, ranking.scores().length)
                .filter(j -> ranking.scores()[j] > score)
                .count();
        var equal =
            IntStream.range(0, ranking.scores().length)
                .filter(j -> ranking.scores()[j] == score)
                .count();
        return 1 / (60 + higher + (equal + 1) / 2.0);
      }
    }
    return 0;
  }

  private static List<Integer> ordinals(List<Fused> fused) {
    return fused.stream().map(Fused::ordinal).toList();
  }
}
