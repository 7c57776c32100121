package io.trawl.app;

import io.trawl.app.files.SpaceIndex;
import io.trawl.lexical.IndexBuilder;
import io.trawl.space.Space;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code trawl space index}: what a space is searched with by words. */
@Command(
    name = "index",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a lexical index of a space's titles and texts into it, in place of the one that it"
          + " has, and names it in the manifest. Objectives that take a text are fused of query"
          + " vectors and words from then on, where the manifest does not say otherwise."
    })
final class SpaceIndexCommand implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "the space")
  private Path directory = Path.of("");

  @Override
  public Integer call() throws IOException {
    try (var space = Space.openForIndex(directory)) {
      var files = IndexBuilder.files(space.catalogue());
      var folder = SpaceIndex.write(directory, IndexBuilder.ANALYSIS, files);
      System.out.printf(
          "wrote   %s: %,d items, %,d bytes%n",
          directory.resolve(folder),
          space.catalogue().count(),
          files.values().stream().mapToLong(file -> file.length).sum());
      return 0;
    }
  }
}
