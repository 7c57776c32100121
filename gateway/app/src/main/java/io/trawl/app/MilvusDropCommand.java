package io.trawl.app;

import io.trawl.milvus.admin.Activation;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code trawl milvus drop}. */
@Command(
    name = "drop",
    mixinStandardHelpOptions = true,
    description = "Drops a collection that no alias points to.")
final class MilvusDropCommand implements Callable<Integer> {

  @Parameters(paramLabel = "COLLECTION", description = "its own name")
  private String name = "";

  @Mixin private MilvusSession milvus = new MilvusSession();

  @Override
  public Integer call() {
    return milvus.with(
        collections -> {
          new Activation(collections).drop(name);
          System.out.println("dropped " + name);
          return 0;
        });
  }
}
