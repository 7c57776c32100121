package io.trawl.app;

import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.Style;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.app.terminal.TextTable.Column;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trawl workers list}: how each worker of a gateway stands. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = {
      "Shows each worker of a running gateway as that one sees it: whether it is given calls and"
          + " why not, calls under way and how many may be, how long they take. Those that are not"
          + " ready stand first. Exit status 0 when at least one is ready, 1 when none is."
    })
final class WorkersListCommand implements Callable<Integer> {

  private static final String PATH = "/admin/workers";
  private static final String READY = "ready";
  private static final int WIDTH = 140;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String CLEAR = "\u001b[H\u001b[2J";

  @Mixin private AdminPort admin = new AdminPort();

  @Option(names = "--watch", description = "again every second, until interrupted")
  private boolean watch;

  @Override
  public Integer call() throws InterruptedException {
    var ansi = Terminal.ansi();
    var found = show(ansi);
    while (watch) {
      Thread.sleep(Duration.ofSeconds(1));
      if (ansi.colour()) {
        System.out.print(CLEAR);
      }
      found = show(ansi);
    }
    return found;
  }

  private int show(Ansi ansi) {
    return admin.get(PATH, PATIENCE).success().map(found -> show(found, ansi)).orElse(1);
  }

  private static int show(JsonObject document, Ansi ansi) {
    var all = document.getJsonArray("workers");
    var rows =
        IntStream.range(0, all.size())
            .mapToObj(all::getJsonObject)
            .sorted(
                Comparator.comparing((JsonObject row) -> isReady(row))
                    .thenComparing(row -> row.getString("endpoint")))
            .toList();
    var table =
        new TextTable(
            Column.left("worker"),
            Column.left("model"),
            Column.left("standing"),
            Column.right("for"),
            Column.right("calls"),
            Column.right("of"),
            Column.right("takes"),
            Column.right("share"),
            Column.right("ejected"),
            Column.elastic("why"));
    rows.forEach(row -> table.row(cells(row)));
    table.lines(ansi, WIDTH).forEach(System.out::println);
    var ready = rows.stream().filter(WorkersListCommand::isReady).count();
    System.out.printf(
        "%d of %d ready, %d calls wait%n", ready, rows.size(), document.getInteger("waiting", 0));
    return ready > 0 ? 0 : 1;
  }

  private static boolean isReady(JsonObject row) {
    return READY.equals(row.getString("standing"));
  }

  private static Cell[] cells(JsonObject row) {
    var style = isReady(row) ? Style.PLAIN : Style.RED;
    return Stream.of(
            row.getString("endpoint"),
            row.getString("model") + "@" + row.getString("version"),
            row.getString("standing"),
            ago(row.getLong("since_millis", 0L)),
            row.getInteger("under_way", 0).toString(),
            row.getInteger("limit", 0).toString(),
            "%.1f ms".formatted(row.getDouble("latency_millis", 0.0)),
            "%.0f %%".formatted(100 * row.getDouble("share", 0.0)),
            row.getInteger("ejections", 0).toString(),
            row.getString("why", ""))
        .map(text -> new Cell(text, style))
        .toArray(Cell[]::new);
  }

  private static String ago(long millis) {
    var time = Duration.ofMillis(millis);
    if (time.toMinutes() < 2) {
      return time.toSeconds() + " s";
    }
    return time.toHours() < 2 ? time.toMinutes() + " min" : time.toHours() + " h";
  }
}
