package io.trawl.app.demo;

import io.trawl.app.terminal.Bars;
import io.trawl.app.terminal.Style;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.domain.Stage;
import java.util.ArrayList;
import java.util.List;
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
    var bars = new ArrayList<Bar>();
    var at = 0L;
    for (var stage : Stage.values()) {
      var nanos = stageNanos.getOrDefault(stage, 0L);
      bars.add(new Bar(stage.label(), at, nanos));
      at += nanos;
    }
    bars.add(new Bar("wire and edges", at, Math.max(0, totalNanos - at)));
    return table(bars, Math.max(1, Math.max(at, totalNanos)), totalNanos);
  }

  private static TextTable table(List<Bar> bars, long scaleNanos, long totalNanos) {
    var table = new TextTable(Column.left(""), Column.left(""), Column.left(""), Column.right(""));
    for (var bar : bars) {
      table.row(
          Cell.of(" "),
          new Cell(bar.name, Style.DIM),
          new Cell(drawn(bar, scaleNanos), Style.CYAN),
          Cell.of(millis(bar.nanos)));
    }
    return table.row(
        Cell.of(" "),
        new Cell("in all", Style.DIM),
        Cell.of(" ".repeat(COLUMNS)),
        new Cell(millis(totalNanos), Style.BOLD));
  }

  /** The bar in eighths of a column; one that took any time at all is seen. */
  static String drawn(Bar bar, long totalNanos) {
    return Bars.span(bar.startNanos, bar.nanos, totalNanos, COLUMNS);
  }

  static String millis(long nanos) {
    return String.format(Locale.ROOT, "%,.1f ms", nanos / 1e6);
  }

  record Bar(String name, long startNanos, long nanos) {}
}
