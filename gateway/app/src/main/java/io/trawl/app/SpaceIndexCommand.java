package io.trawl.app;

import io.trawl.app.files.SpaceIndex;
import io.trawl.lexical.IndexBuilder;
import io.trawl.space.Space;
import io.trawl.space.manifest.ManifestReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
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

  @Option(
      names = "--weight",
      paramLabel = "NUMBER",
      description = {
        "what a place among what words find counts, of what query vectors find 1; above 0, at most"
            + " 1000; what the manifest says if not given, which is 1 where it says nothing"
      })
  private @Nullable Double weight;

  @Override
  public Integer call() throws IOException {
    if (weight != null && !(weight > 0 && weight <= ManifestReader.MAX_LEXICAL_WEIGHT)) {
      throw new CannotStart(
          "--weight is %s; expected a number above 0 and at most %d"
              .formatted(weight, ManifestReader.MAX_LEXICAL_WEIGHT));
    }
    try (var space = Space.openForIndex(directory)) {
      var files = IndexBuilder.files(space.catalogue());
      var folder = SpaceIndex.write(directory, IndexBuilder.ANALYSIS, files, weight);
      System.out.printf(
          "wrote   %s: %,d items, %,d bytes%n",
          directory.resolve(folder),
          space.catalogue().count(),
          files.values().stream().mapToLong(file -> file.length).sum());
      return 0;
    }
  }
}
