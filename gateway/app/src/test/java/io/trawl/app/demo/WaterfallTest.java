package io.trawl.app.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.terminal.Ansi;
import io.trawl.domain.Stage;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bars are as long as their times, and nothing that took time is invisible. */
class WaterfallTest {

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
