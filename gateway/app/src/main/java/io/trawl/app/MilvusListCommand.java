package io.trawl.app;

import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.milvus.admin.ActiveCollections;
import io.trawl.milvus.admin.Checksums;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code trawl milvus list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Shows every collection that holds a space.")
final class MilvusListCommand implements Callable<Integer> {

  private static final int WIDTH = 160;

  @Mixin private MilvusSession milvus = new MilvusSession();

  @Override
  public Integer call() {
    return milvus.with(
        collections -> {
          var listed = new ActiveCollections(collections).list();
          if (listed.isEmpty()) {
            System.out.println("no collection holds a space");
          } else {
            table(listed).lines(Terminal.ansi(), WIDTH).forEach(System.out::println);
          }
          return 0;
        });
  }

  static TextTable table(List<ActiveCollections.Listed> listed) {
    var table =
        new TextTable(
            Column.left("collection"),
            Column.left("space"),
            Column.right("rows"),
            Column.left("index"),
            Column.left("checksum"),
            Column.left("verified"),
            Column.left("alias"));
    for (var each : listed) {
      var facts = each.facts();
      table.row(
          facts.name(),
          facts.space().orElse(""),
          String.format(Locale.ROOT, "%,d", facts.rows()),
          each.index(),
          facts.source().map(Checksums::brief).orElse(""),
          facts.checksum().isPresent() ? "yes" : "no",
          String.join(", ", each.aliases()));
    }
    return table;
  }
}
