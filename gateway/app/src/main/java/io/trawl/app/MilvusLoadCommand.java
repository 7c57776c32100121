package io.trawl.app;

import io.trawl.milvus.admin.Pause;
import io.trawl.milvus.admin.SpaceItems;
import io.trawl.milvus.admin.SpaceLoader;
import io.trawl.milvus.neighbours.IndexChoice;
import io.trawl.milvus.neighbours.MilvusCollections;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trawl milvus load}. */
@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the items of a space into a collection named after the space and its version, builds"
          + " its index and brings it into memory. Interrupted, it goes on when it is run again."
    })
final class MilvusLoadCommand implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "the space")
  private Path directory = Path.of("");

  @Option(
      names = "--index",
      paramLabel = "KIND",
      defaultValue = "hnsw",
      description = "flat, ivf_flat, hnsw, diskann or autoindex (default: ${DEFAULT-VALUE})")
  private String index = "hnsw";

  @Option(
      names = "--build",
      paramLabel = "NAME=NUMBER",
      description = {
        "a parameter of the index, repeatable: M and efConstruction of hnsw (16, 100), nlist of"
            + " ivf_flat (1024)"
      })
  private Map<String, Integer> build = new LinkedHashMap<>();

  @Mixin private MilvusSession milvus = new MilvusSession();

  @Override
  public Integer call() {
    var choice =
        CannotStart.unlessRefused(() -> new IndexChoice(IndexChoice.Kind.of(index), build));
    return milvus.with(collections -> load(collections, choice));
  }

  private int load(MilvusCollections collections, IndexChoice choice) {
    try (var space = MilvusSession.space(directory)) {
      var loaded =
          new SpaceLoader(collections, MilvusSession.watch(), Pause.sleeping())
              .load(SpaceItems.of(space), choice);
      System.out.printf(
          "%s holds the %,d items of %s in memory (%s; written now: %,d)%n",
          loaded.collection(), loaded.rows(), space.id(), choice, loaded.written());
      return 0;
    }
  }
}
