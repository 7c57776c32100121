package io.trawl.app.explain;

import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.Bars;
import io.trawl.app.terminal.Style;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.domain.EngineName;
import io.trawl.domain.MergedList;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.Round;
import io.trawl.domain.Span;
import io.trawl.domain.Why;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Draws an explained answer in lines of at most {@value #WIDTH} columns. */
public final class ExplainPage {

  static final int WIDTH = 110;

  private static final int BAR_COLUMNS = 44;
  private static final int SHOWN_VECTORS = 8;

  private final Retrieval retrieval;
  private final Function<String, Optional<String>> titles;
  private final Ansi ansi;
  private final StringBuilder text = new StringBuilder();

  private ExplainPage(Retrieval retrieval, Function<String, Optional<String>> titles, Ansi ansi) {
    this.retrieval = retrieval;
    this.titles = titles;
    this.ansi = ansi;
  }

  /**
   * @param retrieval an answer to a request that asked to be explained
   * @param titles what is known of items that are not in the answer, by id
   * @return text that ends in a line break
   */
  public static String of(
      Retrieval retrieval, Function<String, Optional<String>> titles, Ansi ansi) {
    var known = new HashMap<String, String>();
    for (var list : retrieval.lists()) {
      list.items().forEach(item -> known.put(item.id(), item.title()));
    }
    var page =
        new ExplainPage(
            retrieval, id -> Optional.ofNullable(known.get(id)).or(() -> titles.apply(id)), ansi);
    page.waterfall();
    retrieval.lists().forEach(page::list);
    var merged = retrieval.merged();
    if (merged != null) {
      page.merged(merged);
    }
    return page.text.toString();
  }

  private void waterfall() {
    heading(
        "Request " + retrieval.requestId(),
        "%s, %s in the pipeline".formatted(retrieval.space(), millis(endNanos())));
    var table =
        new TextTable(
            Column.left(""), Column.left(""), Column.left(""), Column.right(""), Column.right(""));
    var rounds = new HashMap<String, Integer>();
    for (var span : byObjective()) {
      var part = isPart(span);
      table.row(
          Cell.of(part ? "   " + name(span, rounds) : " " + span.name()),
          new Cell(span.objective(), Style.DIM),
          new Cell(
              Bars.span(span.startNanos(), span.nanos(), endNanos(), BAR_COLUMNS),
              part ? Style.DIM : Style.CYAN),
          new Cell("at " + millis(span.startNanos()), Style.DIM),
          Cell.of(millis(span.nanos())));
    }
    table(table);
  }

  /** What was for all objectives first, then one after the other, each in its own order. */
  private List<Span> byObjective() {
    var objectives = retrieval.lists().stream().map(ObjectiveRetrieval::objective).toList();
    return retrieval.spans().stream()
        .sorted(Comparator.comparingInt(span -> objectives.indexOf(span.objective())))
        .toList();
  }

  private static boolean isPart(Span span) {
    return switch (span.name()) {
      case "queue", "round", "fill" -> true;
      default -> false;
    };
  }

  private static String name(Span span, Map<String, Integer> rounds) {
    return span.name().equals("round")
        ? "round " + rounds.merge(span.objective(), 1, Integer::sum)
        : span.name();
  }

  private long endNanos() {
    return retrieval.spans().stream()
        .mapToLong(span -> span.startNanos() + span.nanos())
        .max()
        .orElse(0);
  }

  private void list(ObjectiveRetrieval list) {
    line("");
    heading(
        list.objective(),
        "%s, seed %d, %s items scored"
            .formatted(
                list.search().engine(), list.search().seed(), count(list.search().itemsScored())));
    rounds(list);
    for (var degradation : list.degradations()) {
      line(
          "   "
              + ansi.paint(Style.YELLOW, degradation.kind().label())
              + " "
              + degradation.detail());
    }
    if (!list.items().isEmpty()) {
      line("");
      items(list.items());
      vectors(list.items());
    }
  }

  private void rounds(ObjectiveRetrieval list) {
    var rounds = list.trace();
    var slowest = rounds.stream().mapToLong(Round::nanos).max().orElse(1);
    var table =
        new TextTable(
            Column.right("   round"),
            Column.right("expanded"),
            Column.right("neighbours"),
            Column.right("scored"),
            Column.right("new in the list"),
            Column.left(""),
            Column.right(""));
    for (var round : rounds) {
      table.row(
          Cell.of(Integer.toString(round.round())),
          Cell.of(round.expanded() == 0 ? unexpanded(list, round) : count(round.expanded())),
          Cell.of(round.expanded() == 0 ? "" : count(round.listed())),
          Cell.of(count(round.itemsScored())),
          Cell.of(count(round.found())),
          new Cell(Bars.span(0, round.nanos(), slowest, BAR_COLUMNS / 2), Style.CYAN),
          Cell.of(millis(round.nanos())));
    }
    table(table);
  }

  /** Exploration begins with a sample; everything else that expands nothing scans. */
  private static String unexpanded(ObjectiveRetrieval list, Round round) {
    return list.search().engine().equals(EngineName.EXPLORE.label()) && round.round() == 1
        ? "sample"
        : "scan";
  }

  private void items(List<RankedItem> items) {
    var table =
        new TextTable(
            Column.right("    #"),
            Column.right("score"),
            Column.elastic("item"),
            Column.right("vector"),
            Column.right("round"),
            Column.elastic("found"));
    for (var i = 0; i < items.size(); i++) {
      var item = items.get(i);
      var why = item.why();
      var found = why == null ? null : why.found();
      table.row(
          new Cell(Integer.toString(i + 1), Style.DIM),
          Cell.of(String.format(Locale.ROOT, "%.3f", item.score())),
          new Cell(item.title().isEmpty() ? item.id() : item.title(), Style.BOLD),
          Cell.of(found == null ? "" : Integer.toString(found.queryVector())),
          Cell.of(found == null ? "" : Integer.toString(found.round())),
          new Cell(found(why), Style.DIM));
    }
    table(table);
  }

  private String found(@Nullable Why why) {
    if (why == null) {
      return "";
    }
    var legs = why.legs();
    return legs == null ? found(why.found()) : found(legs, why.found());
  }

  private String found(Why.@Nullable Found found) {
    if (found == null) {
      return "";
    }
    var parent = found.neighbourOf();
    return parent == null
        ? "in the sample or a scan"
        : "next to " + titles.apply(parent).filter(title -> !title.isEmpty()).orElse(parent);
  }

  /** Where it stood in each leg; the way that query vectors took is said where they alone did. */
  private String found(Why.Legs legs, Why.@Nullable Found found) {
    var dense = legs.dense();
    var lexical = legs.lexical();
    if (lexical == null) {
      return "vectors #%d, %s".formatted(dense == null ? 0 : dense.place(), found(found));
    }
    return dense == null
        ? "words #%d".formatted(lexical.place())
        : "vectors #%d, words #%d".formatted(dense.place(), lexical.place());
  }

  /**
   * How many items each query vector brought: one that brings them all has swallowed the others.
   */
  private void vectors(List<RankedItem> items) {
    var wins = new TreeMap<Integer, Long>();
    for (var item : items) {
      var why = item.why();
      if (why != null && why.found() != null) {
        wins.merge(why.found().queryVector(), 1L, Long::sum);
      }
    }
    if (wins.isEmpty()) {
      return;
    }
    var shown =
        wins.entrySet().stream()
            .sorted(
                Comparator.comparing((Map.Entry<Integer, Long> one) -> -one.getValue())
                    .thenComparing(Map.Entry::getKey))
            .limit(SHOWN_VECTORS)
            .map(one -> one.getKey() + " ×" + one.getValue())
            .collect(Collectors.joining(", "));
    line(
        ansi.paint(
            Style.DIM,
            "   %d query vectors brought items: %s%s"
                .formatted(wins.size(), shown, wins.size() > SHOWN_VECTORS ? ", …" : "")));
  }

  private void merged(MergedList merged) {
    line("");
    heading("Merged", merged.items().size() + " items");
    var table =
        new TextTable(
            Column.right("    #"),
            Column.right("score"),
            Column.elastic("item"),
            Column.left("brought by"),
            Column.elastic("places"));
    for (var i = 0; i < merged.items().size(); i++) {
      var item = merged.items().get(i);
      table.row(
          new Cell(Integer.toString(i + 1), Style.DIM),
          Cell.of(String.format(Locale.ROOT, "%.4f", item.score())),
          new Cell(item.title().isEmpty() ? item.id() : item.title(), Style.BOLD),
          Cell.of(item.objective()),
          new Cell(
              item.places().stream()
                  .map(place -> place.objective() + " #" + place.place())
                  .collect(Collectors.joining(", ")),
              Style.DIM));
    }
    table(table);
  }

  private void heading(String title, String remark) {
    line(" " + ansi.paint(Style.BOLD, title) + "  " + ansi.paint(Style.DIM, remark));
  }

  private void table(TextTable table) {
    table.lines(ansi, WIDTH).forEach(this::line);
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%,.2f ms", nanos / 1e6);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
