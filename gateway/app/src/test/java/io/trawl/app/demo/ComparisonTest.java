package io.trawl.app.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.SpaceId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Recall knows ties, and "the same" forgives the last bits and nothing else. */
class ComparisonTest {

  private static ObjectiveRetrieval list(Object... idsAndScores) {
    var items = new ArrayList<RankedItem>();
    for (var i = 0; i < idsAndScores.length; i += 2) {
      var score = ((Double) idsAndScores[i + 1]).floatValue();
      items.add(new RankedItem((String) idsAndScores[i], "", score));
    }
    return new ObjectiveRetrieval(
        "next-item",
        items,
        new ObjectiveRetrieval.Search("explore", 7, 4, 10, 320),
        0,
        List.of(),
        List.of(),
        ObjectiveRetrieval.Remarks.NONE);
  }

  private static Retrieval answer(ObjectiveRetrieval... lists) {
    return new Retrieval("r", new SpaceId("tiny", 1), List.of(lists), Map.of());
  }

  private static boolean same(ObjectiveRetrieval one, ObjectiveRetrieval other) {
    return Comparison.same(answer(one), answer(other));
  }

  @Test
  void recallIsTheShareOfTheExactList() {
    var exact = list("a", 3.0, "b", 2.0, "c", 1.0);
    assertEquals(1, Comparison.recall(exact, exact));
    assertEquals(2 / 3.0, Comparison.recall(list("a", 3.0, "c", 1.0, "z", 0.5), exact));
    assertEquals(0, Comparison.recall(list(), exact));
    assertEquals(1, Comparison.recall(list(), list()));
  }

  @Test
  void anItemAsGoodAsTheLastCounts() {
    assertEquals(1, Comparison.recall(list("a", 3.0, "z", 2.0), list("a", 3.0, "b", 2.0)));
  }

  @Test
  void theLastBitsAreForgiven() {
    assertTrue(same(list("a", 3.0, "b", 2.0), list("a", 3.00001, "b", 1.99999)));
    assertTrue(same(list("a", 2.00001, "b", 2.0), list("b", 2.0, "a", 2.0)));
    assertTrue(same(list("a", 3.0, "b", 2.0), list("a", 3.0, "c", 2.0)), "a tie at the end");
  }

  @Test
  void anythingElseIsNot() {
    assertFalse(same(list("a", 3.0), list("a", 2.9)));
    assertFalse(same(list("a", 3.0, "b", 2.0), list("b", 3.0, "a", 2.0)));
    assertFalse(same(list("a", 3.0, "b", 2.0), list("a", 3.0)));
    assertFalse(Comparison.same(answer(list("a", 3.0)), answer()));
  }
}
