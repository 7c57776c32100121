package io.trawl.app.demo;

import io.trawl.app.terminal.Bars;
import io.trawl.app.terminal.Style;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.domain.Stage;
import java.util.Locale;
import java.util.Map;

/**
 * Where the time of a request went, one bar under the other, each beginning where the last ended.
 */
final class Waterfall {

  private static final int COLUMNS = 48;

  private Waterfall() {}

  /**
   * @param stageNanos as the gateway says
   * @param totalNanos as this client saw it, wire and edges included
   */
  static TextTable of(Map<Stage, Long> stageNanos, long totalNanos) {
    var accounted = stageNanos.values().stream().mapToLong(Long::longValue).sum();
    var scale = Math.max(1, Math.max(accounted, totalNanos));
    var table = new TextTable(Column.left(""), Column.left(""), Column.left(""), Column.right(""));
    var at = 0L;
    for (var stage : Stage.values()) {
      var nanos = stageNanos.getOrDefault(stage, 0L);
      bar(table, stage.label(), at, nanos, scale);
      at += nanos;
    }
    bar(table, "wire and edges", at, Math.max(0, totalNanos - at), scale);
    return table.row(
        Cell.of(" "),
        new Cell("in all", Style.DIM),
        Cell.of(" ".repeat(COLUMNS)),
        new Cell(millis(totalNanos), Style.BOLD));
  }

  private static void bar(TextTable table, String name, long start, long nanos, long scale) {
    table.row(
        Cell.of(" "),
        new Cell(name, Style.DIM),
        new Cell(Bars.span(start, nanos, scale, COLUMNS), Style.CYAN),
        Cell.of(millis(nanos)));
  }

  static String millis(long nanos) {
    return String.format(Locale.ROOT, "%,.1f ms", nanos / 1e6);
  }
}
