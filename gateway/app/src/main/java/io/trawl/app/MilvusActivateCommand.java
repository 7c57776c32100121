package io.trawl.app;

import io.trawl.milvus.admin.Activation;
import io.trawl.milvus.admin.SpaceItems;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code trawl milvus activate}. */
@Command(
    name = "activate",
    mixinStandardHelpOptions = true,
    description = "Points the alias of a space to a verified collection, in one step.")
final class MilvusActivateCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "DIR|COLLECTION",
      description = "the space, or the collection by its own name")
  private String what = "";

  @Mixin private MilvusSession milvus = new MilvusSession();

  @Override
  public Integer call() {
    return milvus.with(
        collections -> {
          var activation = new Activation(collections);
          System.out.println(sentence(activate(activation)));
          return 0;
        });
  }

  private Activation.Moved activate(Activation activation) {
    var folder = MilvusSession.folder(what);
    if (folder.isEmpty()) {
      return activation.activate(what);
    }
    try (var space = MilvusSession.space(folder.get())) {
      return activation.activate(SpaceItems.of(space));
    }
  }

  static String sentence(Activation.Moved moved) {
    var before =
        moved
            .former()
            .map(
                former ->
                    former.equals(moved.collection()) ? " as before" : " (before: " + former + ")")
            .orElse("");
    return "alias %s points to %s%s".formatted(moved.alias(), moved.collection(), before);
  }
}
