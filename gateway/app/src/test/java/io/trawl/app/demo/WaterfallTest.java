package io.trawl.app.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.demo.Waterfall.Bar;
import io.trawl.app.terminal.Ansi;
import io.trawl.domain.Stage;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bars are as long as their times, and nothing that took time is invisible. */
class WaterfallTest {

  @Test
  void barsBeginWhereTheLastEnded() {
    assertEquals("█".repeat(24), Waterfall.drawn(new Bar("a", 0, 500), 1000));
    assertEquals(" ".repeat(24) + "█".repeat(12), Waterfall.drawn(new Bar("b", 500, 250), 1000));
    assertEquals(" ".repeat(36) + "█".repeat(12), Waterfall.drawn(new Bar("c", 750, 250), 1000));
  }

  @Test
  void aShortBarIsStillSeen() {
    assertEquals("▏", Waterfall.drawn(new Bar("a", 0, 1), 1_000_000));
    assertEquals(" ".repeat(47) + "█", Waterfall.drawn(new Bar("b", 999_999, 1), 1_000_000));
    assertEquals("", Waterfall.drawn(new Bar("c", 500, 0), 1000));
  }

  @Test
  void whatTheGatewayDoesNotAccountForIsTheWire() {
    var table =
        Waterfall.of(Map.of(Stage.BACKBONE, 6_000_000L, Stage.SEARCH, 2_000_000L), 10_000_000);
    var lines = table.lines(Ansi.plain(), 100);
    assertEquals(6, lines.size());
    assertTrue(lines.get(1).contains("backbone") && lines.get(1).endsWith("6.0 ms"), lines.get(1));
    assertTrue(lines.get(4).contains("wire and edges") && lines.get(4).endsWith("2.0 ms"));
    assertTrue(lines.get(5).endsWith("10.0 ms"), lines.get(5));
  }

  @Test
  void stagesSideBySideMayAddUpToMoreThanTheWhole() {
    var lines =
        Waterfall.of(Map.of(Stage.BACKBONE, 9_000_000L, Stage.SEARCH, 3_000_000L), 10_000_000)
            .lines(Ansi.plain(), 100);
    assertTrue(lines.get(4).endsWith("0.0 ms"), lines.get(4));
    assertTrue(lines.get(5).endsWith("10.0 ms"), lines.get(5));
  }
}
