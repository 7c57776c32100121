package io.trawl.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which made-up catalogue. */
final class CatalogueOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--items",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "items of the made-up catalogue (${DEFAULT-VALUE})")
  int items;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      defaultValue = "target/bench",
      description = "where the made-up catalogue is kept (${DEFAULT-VALUE})")
  private Path cache = Path.of("");

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "7",
      description = "what it is made by (${DEFAULT-VALUE})")
  int seed;

  CachedCatalogue open(PrintStream progress) throws IOException {
    if (items < 2) {
      throw new ParameterException(
          spec.commandLine(), "--items is " + items + "; expected at least 2");
    }
    return new CachedCatalogue(items, seed, cache, progress);
  }
}
