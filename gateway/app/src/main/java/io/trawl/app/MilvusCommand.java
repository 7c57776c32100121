package io.trawl.app;

import io.trawl.milvus.admin.ActiveCollections;
import io.trawl.milvus.admin.SpaceItems;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trawl milvus}; its verbs without options of their own are methods. */
@Command(
    name = "milvus",
    mixinStandardHelpOptions = true,
    description = "Looks after the items of spaces in Milvus.",
    subcommands = {MilvusLoadCommand.class, MilvusVerifyCommand.class, MilvusListCommand.class})
final class MilvusCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "milvus needs one of: load DIR, verify DIR, activate DIR|COLLECTION, rollback DIR|ALIAS,"
            + " list, drop COLLECTION");
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Points the alias of a space to a verified collection, in one step.")
  int activate(
      @Parameters(
              paramLabel = "DIR|COLLECTION",
              description = "the space, or the collection by its own name")
          String what,
      @Mixin MilvusSession milvus) {
    return milvus.with(collections -> say(activate(new ActiveCollections(collections), what)));
  }

  private static ActiveCollections.Moved activate(ActiveCollections activation, String what) {
    var folder = MilvusSession.folder(what);
    if (folder.isEmpty()) {
      return activation.activate(what);
    }
    try (var space = MilvusSession.space(folder.get())) {
      return activation.activate(SpaceItems.of(space));
    }
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Points the alias of a space back to where it pointed before it moved last.")
  int rollback(
      @Parameters(paramLabel = "DIR|ALIAS", description = "the space, or its alias") String what,
      @Mixin MilvusSession milvus) {
    var alias = MilvusSession.folder(what).map(MilvusCommand::alias).orElse(what);
    return milvus.with(collections -> say(new ActiveCollections(collections).rollback(alias)));
  }

  private static String alias(Path folder) {
    try (var space = Space.open(folder, Verification.SIZES)) {
      return CollectionNames.alias(space.id());
    }
  }

  private static int say(ActiveCollections.Moved moved) {
    var before =
        moved
            .former()
            .map(
                former ->
                    former.equals(moved.collection()) ? " as before" : " (before: " + former + ")")
            .orElse("");
    System.out.printf("alias %s points to %s%s%n", moved.alias(), moved.collection(), before);
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Drops a collection that no alias points to.")
  int drop(
      @Parameters(paramLabel = "COLLECTION", description = "its own name") String name,
      @Mixin MilvusSession milvus) {
    return milvus.with(
        collections -> {
          new ActiveCollections(collections).drop(name);
          System.out.println("dropped " + name);
          return 0;
        });
  }
}
