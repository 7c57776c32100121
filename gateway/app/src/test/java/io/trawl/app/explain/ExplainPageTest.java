package io.trawl.app.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.TextWidth;
import io.trawl.domain.Degradation;
import io.trawl.domain.MergedItem;
import io.trawl.domain.MergedList;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.Round;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Span;
import io.trawl.domain.Why;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A person must see at a glance where the time went and how each item was found. */
class ExplainPageTest {

  private static final ObjectiveRetrieval EXPLORED =
      new ObjectiveRetrieval(
          "next-item",
          List.of(
              new RankedItem("i1", "Blue lamp", 3.5f, new Why(4, 1, null)),
              new RankedItem("i2", "Red lamp", 2.25f, new Why(4, 2, "i1")),
              new RankedItem("i3", "", 1f, new Why(0, 2, "i9"))),
          new ObjectiveRetrieval.Search("explore", 7, 2, 1_700, 0),
          0,
          List.of(new Degradation(Degradation.Kind.FEWER_THAN_K, "3 of 10")),
          List.of(
              new Round(1, 0, 0, 500, 1, 1_000_000), new Round(2, 200, 6_400, 1_200, 2, 2_000_000)),
          ObjectiveRetrieval.Remarks.NONE);

  private static final List<Span> SPANS =
      List.of(
          new Span("eligible", "", 0, 10_000),
          new Span("prompt", "next-item", 0, 500_000),
          new Span("backbone", "next-item", 500_000, 4_500_000),
          new Span("search", "next-item", 5_000_000, 5_000_000),
          new Span("queue", "next-item", 5_000_000, 2_000_000),
          new Span("round", "next-item", 7_000_000, 1_000_000),
          new Span("round", "next-item", 8_000_000, 2_000_000));

  @Test
  void drawsTheWaterfallWithItsParts() {
    var lines = page(null, List.of(EXPLORED)).lines().toList();
    assertEquals(" Request r1  shop@3, 10.00 ms in the pipeline", lines.get(0));
    assertTrue(lines.get(3).startsWith(" backbone   next-item    ██"), lines.get(3));
    assertTrue(lines.get(3).endsWith("at 0.50 ms  4.50 ms"), lines.get(3));
    assertTrue(lines.get(7).startsWith("   round 2"), lines.get(7));
  }

  @Test
  void saysHowEachItemWasFound() {
    var page = page(null, List.of(EXPLORED));
    assertHas(page, "explore, seed 7, 1,700 items scored");
    assertHas(page, "sample");
    assertHas(page, "6,400");
    assertHas(page, "in the sample or a scan");
    assertHas(page, "next to Blue lamp");
    assertHas(page, "next to Known elsewhere");
    assertHas(page, "fewer_than_k 3 of 10");
    assertHas(page, "2 query vectors brought items: 4 ×2, 0 ×1");
  }

  @Test
  void tellsWhoBroughtEachItemOfAMergedList() {
    var place = new MergedItem.Place("next-item", 2, 2.25f, null);
    var merged =
        new MergedList(
            List.of(new MergedItem("i2", "Red lamp", 0.0161, "next-item", List.of(place))),
            List.of());
    assertHas(page(merged, List.of(EXPLORED)), "0.0161  Red lamp  next-item   next-item #2");
  }

  @Test
  void staysWithinItsWidth() {
    var wide =
        new ObjectiveRetrieval(
            "next-item",
            List.of(new RankedItem("i1", "long title ".repeat(20), 1, new Why(0, 2, "i1"))),
            new ObjectiveRetrieval.Search("exact", 0, 1, 1, 1),
            0,
            List.of(),
            List.of(),
            ObjectiveRetrieval.Remarks.NONE);
    page(null, List.of(wide))
        .lines()
        .forEach(line -> assertTrue(TextWidth.of(line) <= ExplainPage.WIDTH, line));
  }

  @Test
  void saysWhereAnItemOfAFusedListStoodInEitherLeg() {
    var legs = new Why.Legs(new Why.At(3, 7.5f), new Why.At(1, 4));
    var fused =
        new ObjectiveRetrieval(
            "text-search",
            List.of(
                new RankedItem("i1", "Blue lamp", 0.03f, new Why(new Why.Found(4, 1, null), legs)),
                new RankedItem(
                    "i2",
                    "Red lamp",
                    0.02f,
                    new Why(new Why.Found(4, 2, "i1"), new Why.Legs(new Why.At(9, 7), null))),
                new RankedItem(
                    "i3", "Tea", 0.01f, new Why(null, new Why.Legs(null, new Why.At(2, 3))))),
            new ObjectiveRetrieval.Search("explore", 7, 2, 1_700, 0),
            0,
            List.of(),
            List.of(),
            ObjectiveRetrieval.Remarks.NONE);
    var page = page(null, List.of(fused));
    assertTrue(page.contains("vectors #3, words #1"), page);
    assertTrue(page.contains("vectors #9, next to Blue lamp"), page);
    assertTrue(page.lines().anyMatch(line -> line.matches(".* Tea +words #2 *")), page);
    assertTrue(page.contains("1 query vectors brought items: 4 ×2"), page);
  }

  private static String page(@Nullable MergedList merged, List<ObjectiveRetrieval> lists) {
    return ExplainPage.of(
        new Retrieval("r1", new SpaceId("shop", 3), lists, merged, Map.of(), SPANS, List.of()),
        id -> id.equals("i9") ? Optional.of("Known elsewhere") : Optional.empty(),
        Ansi.plain());
  }

  private static void assertHas(String page, String piece) {
    assertTrue(page.contains(piece), () -> "no '" + piece + "' in\n" + page);
  }
}
