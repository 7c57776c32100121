package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The exact engine is the truth that the others are measured against. */
class ExactTest extends EngineContract {

  private static final ExploreSettings IGNORED = new ExploreSettings(1, 1, 1, 1);

  @Override
  protected Engine engine(ItemVectors items, ScoreKernel kernel) {
    return Engine.exact(items, kernel);
  }

  @Test
  void agreesWithSortingOverManySteps() {
    for (var run = 0; run < 10; run++) {
      var items = Samples.items(random, 9000 + random.nextInt(9000), 3);
      var queries = Samples.queries(random, 4, 3);
      var eligible = Samples.subset(random, items.count(), random.nextDouble());
      var k = 1 + random.nextInt(2000);
      var result =
          engine(items, Kernels.choose().kernel())
              .start(request(queries, eligible, k, IGNORED))
              .finish();
      assertArrayEquals(
          Samples.ranking(items, queries, eligible, k), result.ordinals(), () -> "seed " + seed);
    }
  }

  @Test
  void readsEligibleItemsOnly() {
    var kernel = new RecordingKernel();
    var items = Samples.items(random, 500, 3);
    var eligible = Samples.subset(random, 500, 0.1);
    var result =
        engine(items, kernel)
            .start(request(Samples.queries(random, 2, 3), eligible, 5, IGNORED))
            .finish();
    assertEquals(eligible.size(), result.itemsScored());
    kernel.scored.forEach(ordinal -> assertEquals(true, eligible.contains(ordinal)));
  }
}
