package io.trawl.app.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person writes on the command line is understood, or refused in a sentence. */
class MinimumTest {

  @Test
  void readsObjectiveMetricAndValue() {
    assertEquals(
        new Minimum("next-item", Metric.HR_10, 0.06), Minimum.parse("next-item:hr@10=0.06"));
    assertEquals(
        new Minimum("search", Metric.RECALL_1000, 1), Minimum.parse(" search:Recall@1000=1 "));
  }

  @Test
  void writesItselfAsItIsRead() {
    var minimum = new Minimum("next-item", Metric.NDCG_5, 0.025);
    assertEquals(minimum, Minimum.parse(minimum.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "next-item",
        "next-item:hr@10",
        "next-item=0.06",
        "next-item:hr@10=",
        ":hr@10=0.1",
        "next-item:hr@10=1.5",
        "next-item:hr@10=-0.1",
        "next-item:hr@10=1.2.3"
      })
  void refusesAnythingElse(String text) {
    assertThrows(IllegalArgumentException.class, () -> Minimum.parse(text));
  }

  @Test
  void namesTheMetricsThatThereAre() {
    var refused =
        assertThrows(IllegalArgumentException.class, () -> Minimum.parse("next-item:hr@7=0.1"));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("hr@5, hr@10, ndcg@5, ndcg@10, recall@1000"));
  }
}
