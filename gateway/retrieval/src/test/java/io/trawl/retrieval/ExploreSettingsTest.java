package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExploreSettingsTest {

  @ParameterizedTest
  @ValueSource(ints = {320_000, 500_000, 1_000_000, 10_000_000, Integer.MAX_VALUE})
  void noRoundOfALargeCatalogueScoresMoreThanItsShare(int items) {
    var settings = ExploreSettings.forCatalogue(items);
    var most = Math.min(items / 50, 20_000);
    assertTrue(settings.sample() <= most);
    assertTrue(settings.keep() * settings.neighbours() <= most);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6_000, 100_000})
  void aSmallCatalogueGetsEnoughToFindSomething(int items) {
    var settings = ExploreSettings.forCatalogue(items);
    assertTrue(settings.sample() >= 500);
    assertTrue(settings.keep() >= 200);
  }

  @Test
  void boundsWhatItScores() {
    assertEquals(100 + 3 * 10 * 8, new ExploreSettings(4, 100, 10, 8).mostItemsScored());
    var most = Integer.MAX_VALUE;
    assertTrue(new ExploreSettings(most, most, most, most).mostItemsScored() > 0);
  }

  @Test
  void fewerItemsGoInEvenSharesToTheRounds() {
    var million = ExploreSettings.forCatalogue(1_000_000);
    assertEquals(new ExploreSettings(4, 500, 15, 32), million.within(2_000));
    assertEquals(million, million.within(1_000_000));
    // What a small sample leaves goes to the later rounds, and the other way round.
    assertEquals(
        new ExploreSettings(3, 100, 29, 32), new ExploreSettings(3, 100, 90, 32).within(2_000));
    assertEquals(
        new ExploreSettings(3, 1_940, 5, 6), new ExploreSettings(3, 9_000, 5, 6).within(2_000));
    assertEquals(new ExploreSettings(5, 1, 1, 1), new ExploreSettings(16, 100, 90, 32).within(5));
  }

  @Test
  void neverScoreMoreThanTheyMay() {
    var seed = RandomGenerator.getDefault().nextLong();
    var random = new Random(seed);
    for (var run = 0; run < 10_000; run++) {
      var settings =
          new ExploreSettings(
              1 + random.nextInt(20),
              1 + random.nextInt(1 << random.nextInt(1, 31)),
              1 + random.nextInt(1 << random.nextInt(1, 31)),
              1 + random.nextInt(1 << random.nextInt(1, 31)));
      var most = random.nextInt(-5, 5_000);
      var within = settings.within(most);
      assertTrue(
          within.mostItemsScored() <= Math.max(1, most),
          () -> settings + " within " + most + " are " + within + ", seed " + seed);
    }
  }

  @Test
  void refusesConstantsBelowOne() {
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(1, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(1, 1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(1, 1, 1, 0));
  }
}
