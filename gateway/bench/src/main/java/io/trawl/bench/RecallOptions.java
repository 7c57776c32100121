package io.trawl.bench;

import io.trawl.bench.SyntheticCatalogue.Kind;
import io.trawl.retrieval.ExploreSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Which catalogue is measured, for which users, and what they ask for. */
final class RecallOptions {

  /** Whose query vectors, on a made-up catalogue. */
  enum Users {
    FRIENDLY,
    HOSTILE,
    BOTH
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Mixin final CatalogueOptions catalogue = new CatalogueOptions();

  @Option(
      names = "--data",
      paramLabel = "USERS",
      defaultValue = "both",
      description =
          "friendly, hostile or both: whose query vectors, on a made-up catalogue"
              + " (${DEFAULT-VALUE})")
  private Users data = Users.BOTH;

  @Option(
      names = "--space",
      paramLabel = "DIR",
      description = "measure this space instead, by its golden requests")
  @Nullable Path space;

  @Option(
      names = "--users",
      paramLabel = "N",
      defaultValue = "24",
      description = "users measured (${DEFAULT-VALUE})")
  int users;

  @Option(
      names = "--queries",
      paramLabel = "M",
      defaultValue = "128",
      description = "query vectors per user (${DEFAULT-VALUE})")
  int queries;

  @Option(
      names = "--k",
      paramLabel = "K",
      defaultValue = "1000",
      description = "items wanted (${DEFAULT-VALUE})")
  int k;

  @Option(
      names = "--settings",
      split = ",",
      paramLabel = "T/S/B/G",
      converter = Settings.class,
      description = "rounds, sample, keep, neighbours of explorations (default of the size)")
  List<ExploreSettings> settings = List.of();

  CachedCatalogue open(PrintStream progress) throws IOException {
    checked();
    return catalogue.open(progress);
  }

  /** Before anything is made: a number below one has no meaning here. */
  RecallOptions checked() {
    for (var number : new int[] {users, queries, k}) {
      if (number < 1) {
        throw new ParameterException(
            spec.commandLine(), "--users, --queries and --k are at least 1; one is " + number);
      }
    }
    return this;
  }

  List<Kind> data() {
    return switch (data) {
      case FRIENDLY -> List.of(Kind.FRIENDLY);
      case HOSTILE -> List.of(Kind.HOSTILE);
      case BOTH -> List.of(Kind.values());
    };
  }

  /** Four numbers in one word. */
  static final class Settings implements ITypeConverter<ExploreSettings> {
    @Override
    public ExploreSettings convert(String value) {
      var parts = value.split("/", -1);
      try {
        if (parts.length == 4) {
          return new ExploreSettings(
              Integer.parseInt(parts[0]),
              Integer.parseInt(parts[1]),
              Integer.parseInt(parts[2]),
              Integer.parseInt(parts[3]));
        }
      } catch (IllegalArgumentException wrong) {
        throw new TypeConversionException("'" + value + "': " + wrong.getMessage());
      }
      throw new TypeConversionException("'" + value + "'; expected rounds/sample/keep/neighbours");
    }
  }
}
