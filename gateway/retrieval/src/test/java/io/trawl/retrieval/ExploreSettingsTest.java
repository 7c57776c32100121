package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
  void refusesConstantsBelowOne() {
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(1, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(1, 1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new ExploreSettings(1, 1, 1, 0));
  }
}
