package io.trawl.app;

import io.trawl.milvus.admin.Activation;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code trawl milvus rollback}. */
@Command(
    name = "rollback",
    mixinStandardHelpOptions = true,
    description = "Points the alias of a space back to where it pointed before it moved last.")
final class MilvusRollbackCommand implements Callable<Integer> {

  @Parameters(paramLabel = "DIR|ALIAS", description = "the space, or its alias")
  private String what = "";

  @Mixin private MilvusSession milvus = new MilvusSession();

  @Override
  public Integer call() {
    var alias = alias();
    return milvus.with(
        collections -> {
          var moved = new Activation(collections).rollback(alias);
          System.out.println(MilvusActivateCommand.sentence(moved));
          return 0;
        });
  }

  private String alias() {
    var folder = MilvusSession.folder(what);
    if (folder.isEmpty()) {
      return what;
    }
    try (var space = Space.open(folder.get(), Verification.SIZES)) {
      return CollectionNames.alias(space.id());
    }
  }
}
