package io.trawl.app;

import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.app.terminal.TextWidth;
import io.trawl.domain.Objective;
import io.trawl.space.Quantiles;
import io.trawl.space.Space;
import io.trawl.space.SpaceSummary;
import io.trawl.space.Verification;
import io.trawl.space.catalogue.AttributeFacts;
import io.trawl.space.manifest.Manifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trawl space show}: what is in a space, for a person. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Tells what is in a space: sizes, objectives, attributes, files, the model card.")
final class SpaceShowCommand implements Callable<Integer> {

  private static final int WIDTH = 100;

  /** As much of a card is shown. */
  private static final int CARD_BYTES = 64 << 10;

  @Parameters(paramLabel = "DIR", description = "the space")
  private Path directory = Path.of("");

  private final Ansi ansi = Terminal.ansi();

  @Override
  public Integer call() throws IOException {
    try (var space = Space.open(directory, Verification.SIZES)) {
      var manifest = space.manifest();
      var summary = SpaceSummary.of(space);
      print("space " + space.id(), sizes(space, summary));
      print("objectives", objectives(space, summary));
      print("prompts of a sample user", prompts(summary));
      print("attributes", attributes(space));
      print("files", files(manifest));
      print("notes", notes(manifest));
      System.out.println("model card");
      card(space.card()).forEach(line -> System.out.println("  " + line));
      return 0;
    }
  }

  private void print(String title, TextTable table) {
    System.out.println(title);
    table.lines(ansi, WIDTH).forEach(line -> System.out.println("  " + line));
    System.out.println();
  }

  static List<String> card(Path file) throws IOException {
    try (var stream = Files.newInputStream(file)) {
      return new String(stream.readNBytes(CARD_BYTES), StandardCharsets.UTF_8)
          .lines()
          .map(TextWidth::printable)
          .toList();
    }
  }

  private static TextTable sizes(Space space, SpaceSummary summary) {
    var manifest = space.manifest();
    var backbone = manifest.backbone();
    var neighbours = manifest.neighbours();
    return new TextTable(Column.left(""), Column.elastic(""))
        .row("items", number(manifest.sizes().items()))
        .row("users", number(summary.users()))
        .row("behaviours per user", spread(summary.historyLengths(), "%.0f"))
        .row("item vector lengths", spread(summary.vectorNorms(), "%.2f"))
        .row(
            "query vectors",
            "%d of width %d"
                .formatted(manifest.sizes().queryVectors(), manifest.sizes().vectorWidth()))
        .row("item embeddings", "of width " + manifest.sizes().embeddingWidth())
        .row("prompt lengths", manifest.sizes().lengths().toString())
        .row("backbone", backbone.model() + " version " + backbone.version())
        .row(
            "neighbours",
            neighbours == null
                ? "none"
                : "%d per item, by %s"
                    .formatted(
                        neighbours.count(),
                        neighbours.metric().name().toLowerCase(Locale.ROOT).replace('_', ' ')))
        .row(
            "lexical index",
            space
                .lexical()
                .map(index -> "in %s, by %s".formatted(index.folder(), index.analysis()))
                .orElse("none"))
        .row("golden requests", number(space.goldenRequests().size()));
  }

  private static String spread(Quantiles quantiles, String form) {
    return (form + " to " + form + ", half of them at most " + form)
        .formatted(quantiles.least(), quantiles.greatest(), quantiles.median());
  }

  private static TextTable prompts(SpaceSummary summary) {
    var table = new TextTable(Column.left(""), Column.elastic(""));
    summary.prompts().forEach(table::row);
    return table;
  }

  private static TextTable objectives(Space space, SpaceSummary summary) {
    var table =
        new TextTable(
            Column.left("name"),
            Column.left("title"),
            Column.left("text"),
            Column.right("users held out"),
            Column.elastic("rules"));
    space
        .objectives()
        .forEach(
            one ->
                table.row(
                    one.name(),
                    one.title(),
                    one.text().label(),
                    number(summary.heldOutUsers().getOrDefault(one.name(), 0)),
                    rules(one)));
    return table;
  }

  static String rules(Objective objective) {
    var rules = objective.rules();
    var said = new ArrayList<String>();
    if (objective.extrapolated()) {
      said.add("extrapolated");
    }
    if (rules.tailOnly()) {
      said.add("tail only");
    }
    if (rules.categoryOfHistory() != null) {
      said.add("no " + rules.categoryOfHistory() + " of the history");
    }
    if (rules.lexical()) {
      said.add("vectors and words");
    }
    return String.join(", ", said);
  }

  private static TextTable attributes(Space space) {
    var table =
        new TextTable(
            Column.left("name"),
            Column.left("type"),
            Column.right("items"),
            Column.right("values"),
            Column.elastic("most frequent"));
    for (var facts : space.catalogue().facts()) {
      table.row(
          facts.attribute().name(),
          facts.attribute().type().label(),
          number(facts.items()),
          facts.distinctValues() == 0 ? "" : number(facts.distinctValues()),
          values(facts));
    }
    return table;
  }

  private static String values(AttributeFacts facts) {
    if (facts.least().isPresent() && facts.greatest().isPresent()) {
      return "%s to %s".formatted(facts.least().getAsDouble(), facts.greatest().getAsDouble());
    }
    return facts.common().stream()
        .map(value -> value.value() + " (" + number(value.items()) + ")")
        .collect(Collectors.joining(", "));
  }

  private static TextTable files(Manifest manifest) {
    var table = new TextTable(Column.elastic("path"), Column.right("bytes"));
    manifest.files().forEach((path, entry) -> table.row(path, number(entry.bytes())));
    return table;
  }

  private static TextTable notes(Manifest manifest) {
    var table = new TextTable(Column.left(""), Column.elastic(""));
    manifest.notes().forEach(table::row);
    return table;
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
