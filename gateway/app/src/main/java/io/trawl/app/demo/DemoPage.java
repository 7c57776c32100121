package io.trawl.app.demo;

import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.Style;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Cell;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.app.terminal.TextWidth;
import io.trawl.domain.Behaviour;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes what was asked and answered, in lines of at most {@value #WIDTH} columns. */
final class DemoPage {

  static final int WIDTH = 100;

  private static final int SHOWN_BEHAVIOURS = 8;
  private static final int SHOWN_ITEMS = 5;

  private final Space space;
  private final Ansi ansi;
  private final StringBuilder text = new StringBuilder();

  DemoPage(Space space, Ansi ansi) {
    this.space = space;
    this.ansi = ansi;
  }

  String text() {
    return text.toString();
  }

  DemoPage line(String line) {
    text.append(line).append('\n');
    return this;
  }

  DemoPage table(TextTable table) {
    table.lines(ansi, WIDTH).forEach(this::line);
    return this;
  }

  DemoPage user(SampleUser user) {
    var name = TextWidth.fit("user " + user.user().id(), WIDTH / 2);
    var rule = "─".repeat(WIDTH - 4 - TextWidth.of(name));
    line("");
    line(
        ansi.paint(Style.DIM, "──")
            + " "
            + ansi.paint(Style.BOLD, name)
            + " "
            + ansi.paint(Style.DIM, rule));
    var profile =
        user.user().profile().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
    if (!profile.isEmpty()) {
      remark(profile);
    }
    return history(user);
  }

  private DemoPage history(SampleUser user) {
    var all = user.user().history();
    var shown = all.subList(Math.max(0, all.size() - SHOWN_BEHAVIOURS), all.size());
    line("");
    heading(
        "History",
        shown.size() == all.size()
            ? "oldest first"
            : "the latest %d of %d, oldest first".formatted(shown.size(), all.size()));
    var timed = shown.stream().anyMatch(behaviour -> behaviour.time() != null);
    var table =
        timed
            ? new TextTable(Column.left(""), Column.right(""), Column.left(""), Column.elastic(""))
            : new TextTable(Column.left(""), Column.left(""), Column.elastic(""));
    for (var behaviour : shown) {
      var grammar = space.manifest().prompts().grammar().history();
      var action = new Cell(grammar.action(behaviour.action()), Style.DIM);
      var title = Cell.of(title(behaviour.itemId()));
      if (timed) {
        var age = new Cell(age(behaviour.time(), user.now()), Style.DIM);
        table.row(Cell.of(" "), age, action, title);
      } else {
        table.row(Cell.of(" "), action, title);
      }
    }
    return table(table);
  }

  private String title(String id) {
    var ordinal = space.catalogue().ordinal(id);
    var title = ordinal < 0 ? "" : space.catalogue().title(ordinal);
    return title.isEmpty() ? id : title;
  }

  static String age(@Nullable Instant time, @Nullable Instant now) {
    if (time == null || now == null) {
      return "";
    }
    var age = Duration.between(time, now);
    if (age.toDays() >= 60) {
      return age.toDays() / 30 + " months ago";
    }
    if (age.toDays() >= 2) {
      return age.toDays() + " days ago";
    }
    if (age.toHours() >= 2) {
      return age.toHours() + " hours ago";
    }
    return Math.max(0, age.toMinutes()) + " min ago";
  }

  /** An objective's answer, with the held-out items marked. */
  DemoPage answer(
      Objective objective,
      @Nullable String asked,
      ObjectiveRetrieval list,
      SampleUser user,
      double recall) {
    var heldOut = heldOut(user, objective);
    line("");
    heading(
        asked == null ? objective.title() : objective.title() + " “" + asked + "”",
        objective.name());
    var table =
        new TextTable(
            Column.left(""),
            Column.right(""),
            Column.left(""),
            Column.elastic(""),
            Column.right(""));
    var shown = list.items().subList(0, Math.min(SHOWN_ITEMS, list.items().size()));
    for (var place = 0; place < shown.size(); place++) {
      var item = shown.get(place);
      var right = heldOut.contains(item.id());
      table.row(
          Cell.of(" "),
          new Cell(Integer.toString(place + 1), Style.DIM),
          new Cell(right ? "✓" : " ", Style.GREEN),
          new Cell(
              item.title().isEmpty() ? item.id() : item.title(), right ? Style.GREEN : Style.PLAIN),
          new Cell(String.format(Locale.ROOT, "%.3f", item.score()), Style.DIM));
    }
    table(table);
    whyFirst(list, user, asked).ifPresent(why -> remark("the first: " + why));
    remark(footer(list, heldOut, recall));
    for (var degradation : list.degradations()) {
      line(
          "  "
              + ansi.paint(
                  Style.YELLOW, TextWidth.fit("left out: " + degradation.detail(), WIDTH - 2)));
    }
    return this;
  }

  static Set<String> heldOut(SampleUser user, Objective objective) {
    var heldOut = user.heldOut().get(objective.name());
    return heldOut == null ? Set.of() : Set.copyOf(heldOut.items());
  }

  private Optional<String> whyFirst(
      ObjectiveRetrieval list, SampleUser user, @Nullable String asked) {
    var history = user.user().history().stream().map(Behaviour::itemId).distinct().toList();
    return list.items().isEmpty()
        ? Optional.empty()
        : Reason.of(space, history, asked, list.items().getFirst().id());
  }

  private String footer(ObjectiveRetrieval list, Set<String> heldOut, double recall) {
    var items = Math.max(1, space.catalogue().count());
    return String.format(
        Locale.ROOT,
        "%s: %s, %,d of %,d items scored (%.1f %%), recall@%d %.3f%s",
        list.search().engine(),
        list.search().rounds() == 1 ? "1 round" : list.search().rounds() + " rounds",
        list.search().itemsScored(),
        items,
        100.0 * list.search().itemsScored() / items,
        list.items().size(),
        recall,
        heldOut.isEmpty() ? "" : "; held-out " + whereabouts(list, heldOut));
  }

  private static String whereabouts(ObjectiveRetrieval list, Set<String> heldOut) {
    for (var place = 0; place < list.items().size(); place++) {
      if (heldOut.contains(list.items().get(place).id())) {
        return "at " + (place + 1);
      }
    }
    return "not in " + list.items().size();
  }

  DemoPage heading(String title, String remark) {
    var fitted = TextWidth.fit(title, WIDTH - 4 - TextWidth.of(remark));
    return line("  " + ansi.paint(Style.BOLD, fitted) + "  " + ansi.paint(Style.DIM, remark));
  }

  DemoPage remark(String remark) {
    return line("  " + ansi.paint(Style.DIM, TextWidth.fit(remark, WIDTH - 2)));
  }

  DemoPage paragraph(List<Cell> cells) {
    return line(
        "  "
            + cells.stream()
                .map(c -> ansi.paint(c.style(), c.text()))
                .collect(Collectors.joining()));
  }
}
