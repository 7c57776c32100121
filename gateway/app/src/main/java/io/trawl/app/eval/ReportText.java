package io.trawl.app.eval;

import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.ProgressBar;
import io.trawl.app.terminal.Style;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.app.terminal.TextTable.Column;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes a report for a person. */
final class ReportText {

  private static final int WIDTH = 100;
  private static final String GATEWAY = "trawl";

  private ReportText() {}

  static String of(EvalReport report, Ansi ansi) {
    var lines = new ArrayList<String>();
    lines.add(
        ansi.paint(Style.BOLD, report.space().toString())
            + "  %,d items, %,d users, %d requests in flight, %s"
                .formatted(
                    report.items(),
                    report.users(),
                    report.options().inFlight(),
                    ProgressBar.duration(report.took())));
    lines.add("");
    lines.addAll(qualities(report).lines(ansi, WIDTH));
    lines.add("");
    lines.addAll(prices(report).lines(ansi, WIDTH));
    leftOut(report).forEach(line -> lines.add(ansi.paint(Style.YELLOW, line)));
    lines.add("");
    lines.addAll(verdict(report, ansi));
    return String.join("\n", lines) + "\n";
  }

  private static TextTable qualities(EvalReport report) {
    var metrics = Arrays.stream(Metric.values()).map(m -> Column.right(m.title()));
    var table =
        new TextTable(
            Stream.concat(
                    Stream.of(
                        Column.elastic("objective"),
                        Column.left("ranked by"),
                        Column.right("users")),
                    metrics)
                .toArray(Column[]::new));
    for (var i = 0; i < report.objectives().size(); i++) {
      if (i > 0) {
        table.gap();
      }
      var objective = report.objectives().get(i);
      table.row(row(objective.objective(), GATEWAY, objective.quality(), Style.BOLD));
      for (var leg : objective.legs()) {
        table.row(row("", leg.name() + " alone", leg.quality(), Style.DIM));
      }
      for (var floor : objective.floors()) {
        table.row(row("", floor.name(), floor.quality(), Style.DIM));
      }
    }
    return table;
  }

  private static Cell[] row(String objective, String by, Quality quality, Style style) {
    var figures =
        Arrays.stream(Metric.values())
            .map(metric -> String.format(Locale.ROOT, "%.4f", quality.of(metric)));
    return Stream.concat(
            Stream.of(objective, by, String.format(Locale.ROOT, "%,d", quality.users())), figures)
        .map(text -> new Cell(text, style))
        .toArray(Cell[]::new);
  }

  private static TextTable prices(EvalReport report) {
    var table =
        new TextTable(
            Column.elastic("objective"),
            Column.left("engine"),
            Column.right("rounds"),
            Column.right("items scored"),
            Column.right("of catalogue"),
            Column.right("p50"),
            Column.right("p95"),
            Column.right("failed"));
    for (var objective : report.objectives()) {
      table.row(
          objective.objective(),
          objective.engine(),
          String.format(Locale.ROOT, "%.1f", objective.cost().meanRounds()),
          String.format(Locale.ROOT, "%,.0f", objective.cost().meanItemsScored()),
          String.format(
              Locale.ROOT, "%.1f %%", 100 * objective.cost().meanItemsScored() / report.items()),
          millis(objective.cost().latencyP50()),
          millis(objective.cost().latencyP95()),
          Long.toString(objective.lost().requests()));
    }
    return table;
  }

  /** What answers left out, a line per objective that left out anything. */
  private static List<String> leftOut(EvalReport report) {
    return report.objectives().stream()
        .filter(objective -> !objective.degradations().isEmpty())
        .map(
            objective ->
                objective.degradations().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(
                        entry ->
                            String.format(
                                Locale.ROOT,
                                "%s in %,d answers",
                                entry.getKey().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                                entry.getValue()))
                    .collect(Collectors.joining(", ", objective.objective() + ": ", "")))
        .toList();
  }

  private static List<String> verdict(EvalReport report, Ansi ansi) {
    var shortfalls = report.shortfalls();
    if (!shortfalls.isEmpty()) {
      return shortfalls.stream().map(why -> ansi.paint(Style.RED, "✗ " + why)).toList();
    }
    var asked = report.options().minimums().size() + (report.options().abovePopularity() ? 1 : 0);
    return List.of(
        ansi.paint(
            Style.GREEN,
            asked == 0
                ? "✓ every request was answered"
                : "✓ every request was answered, every minimum reached"));
  }

  private static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }
}
