package io.trawl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.bench.RecallTable.Row;
import io.trawl.bench.SyntheticCatalogue.Kind;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.retrieval.QueryVectors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A recall figure is only worth printing if the thing that measures it is right. */
class RecallTableTest {

  private static final int COUNT = 2500;

  private final SyntheticCatalogue made = new SyntheticCatalogue(3);
  private final ItemVectors items = items(made);
  private final NeighbourTable neighbours = neighbours(items);
  private final List<QueryVectors> users =
      IntStream.range(0, 3).mapToObj(user -> made.queries(Kind.FRIENDLY, user, 16)).toList();

  @Test
  void exactIsTheTruthAndCoversTheCatalogue() {
    var exact = measured(new ExploreSettings(1, 100, 10, 4)).getFirst();
    assertEquals(1.0, exact.recall());
    assertEquals(1.0, exact.share());
    assertEquals(COUNT, exact.itemsScored());
  }

  @Test
  void oneRoundFindsAboutTheShareThatItScores() {
    var oneRound = measured(new ExploreSettings(1, COUNT / 2, 10, 4)).get(1);
    assertEquals(0.5, oneRound.share());
    assertTrue(Math.abs(oneRound.recall() - 0.5) < 0.15, "recall " + oneRound.recall());
  }

  @Test
  void roundsAddRecallAndItems() {
    var rows = measured(new ExploreSettings(4, 200, 50, 8));
    assertEquals(5, rows.size());
    for (var t = 2; t < rows.size(); t++) {
      assertTrue(rows.get(t).recall() >= rows.get(t - 1).recall());
      assertTrue(rows.get(t).itemsScored() > rows.get(t - 1).itemsScored());
    }
  }

  @Test
  void scoringAllFindsAll() {
    var rows = measured(new ExploreSettings(1, COUNT, 1, 1));
    assertEquals(1.0, rows.get(1).recall());
    assertEquals(1.0, rows.get(1).worstRecall());
  }

  @Test
  void listsHoldTheNearestWhereTheyAreWithinReach() {
    // 2,500 items make 2 lists, and up to 4 are searched: every neighbour is the true one.
    assertEquals(1.0, NeighbourLists.recall(items, neighbours, 40));
  }

  @Test
  void descentFindsWhatAPoorGraphLacks() {
    var poor = new int[COUNT * 16];
    for (var ordinal = 0; ordinal < COUNT; ordinal++) {
      for (var rank = 0; rank < 16; rank++) {
        poor[ordinal * 16 + rank] =
            rank < 4 ? neighbours.at(ordinal, rank) : (ordinal + rank * 101) % COUNT;
      }
    }
    var before = NeighbourTable.of(poor, 16);
    var better = new int[COUNT * 16];
    new NeighbourDescent(items, before, Kernels.choose().kernel())
        .run((ordinal, row) -> System.arraycopy(row, 0, better, ordinal * 16, 16), share -> {});
    var after = NeighbourTable.of(better, 16);
    assertTrue(
        NeighbourLists.recall(items, after, 40) > 1.3 * NeighbourLists.recall(items, before, 40));
    assertFirstIsNearest(after);
  }

  private void assertFirstIsNearest(NeighbourTable table) {
    for (var ordinal = 0; ordinal < COUNT; ordinal++) {
      assertEquals(neighbours.at(ordinal, 0), table.at(ordinal, 0));
    }
  }

  @Test
  void listsNeverHoldTheItemItself() {
    for (var ordinal = 0; ordinal < COUNT; ordinal++) {
      for (var neighbour : neighbours.lists(new int[] {ordinal}, 16)[0]) {
        assertTrue(neighbour != ordinal && neighbour >= 0);
      }
    }
  }

  @Test
  void theSameSeedMakesTheSameCatalogue() {
    var again = new SyntheticCatalogue(3);
    assertEquals(-1, items.segment().mismatch(items(again).segment()));
    assertTrue(Arrays.equals(users.get(1).values(), again.queries(Kind.FRIENDLY, 1, 16).values()));
  }

  @Test
  void theShapeIsAsDescribed() {
    var dimension = SyntheticCatalogue.effectiveDimension(items);
    assertTrue(dimension > 40 && dimension < 70, "effective dimension " + dimension);
    assertEquals(0.15, SyntheticCatalogue.normSpread(items), 0.02);
  }

  private List<Row> measured(ExploreSettings settings) {
    return RecallTable.measure(
            new RecallTable.Setup(
                items, neighbours, Kernels.choose().kernel(), users, 100, List.of(settings)))
        .rows();
  }

  private static ItemVectors items(SyntheticCatalogue made) {
    var width = SyntheticCatalogue.WIDTH;
    var values = new float[COUNT * width];
    made.items(
        COUNT,
        (ordinal, vector) -> System.arraycopy(vector, 0, values, ordinal * width, width),
        share -> {});
    return ItemVectors.of(values, width);
  }

  private static NeighbourTable neighbours(ItemVectors items) {
    var table = new int[COUNT * 16];
    new NeighbourLists(items, 16, 3)
        .build((ordinal, row) -> System.arraycopy(row, 0, table, ordinal * 16, 16), share -> {});
    return NeighbourTable.of(table, 16);
  }
}
