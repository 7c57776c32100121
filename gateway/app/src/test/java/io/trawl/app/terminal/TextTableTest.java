package io.trawl.app.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.app.terminal.TextTable.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows line up and never grow wider than the page. */
class TextTableTest {

  private final TextTable table =
      new TextTable(Column.right("#"), Column.elastic("title"), Column.right("score"));

  @Test
  void alignsColumnsUnderTheirHeaders() {
    table.row("1", "Garden lamp", "3.25").row("10", "Rake", "12.5");
    assertEquals(
        List.of(" #  title        score", " 1  Garden lamp   3.25", "10  Rake          12.5"),
        table.lines(Ansi.plain(), 100));
  }

  @Test
  void shortensTheElasticColumnWhereRoomIsShort() {
    table.row("1", "Garden lamp with a motion sensor", "3.25");
    assertEquals(
        List.of("#  title         score", "1  Garden lamp…   3.25"), table.lines(Ansi.plain(), 22));
  }

  @Test
  void linesUpWideLetters() {
    table.row("1", "庭の灯", "1").row("2", "Lamp", "2");
    var lines = table.lines(Ansi.plain(), 100);
    assertTrue(lines.stream().allMatch(line -> TextWidth.of(line) == TextWidth.of(lines.get(0))));
  }

  @Test
  void paintsOnlyWhereColourIsWanted() {
    table.row(new Cell("1", Style.BOLD), Cell.of("Lamp"), Cell.of("2"));
    assertTrue(table.lines(new Ansi(true), 100).get(1).startsWith("\u001b[1m1\u001b[0m  Lamp"));
    assertEquals("1  Lamp       2", table.lines(Ansi.plain(), 100).get(1));
  }

  @Test
  void refusesARowOfAnotherLength() {
    assertThrows(IllegalArgumentException.class, () -> table.row("1", "Lamp"));
  }
}
