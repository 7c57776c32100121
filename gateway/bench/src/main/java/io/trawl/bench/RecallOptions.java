package io.trawl.bench;

import io.trawl.bench.SyntheticCatalogue.Kind;
import io.trawl.retrieval.ExploreSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
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

  @Option(
      names = "--data",
      paramLabel = "USERS",
      defaultValue = "both",
      description =
          "friendly, hostile or both: whose query vectors, on a made-up catalogue (${DEFAULT-VALUE})")
  private Users data = Users.BOTH;

  @Option(
      names = "--space",
      paramLabel = "DIR",
      description = "measure this space instead, by its golden requests")
  private @Nullable Path space;

  @Option(
      names = "--items",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "items of the made-up catalogue (${DEFAULT-VALUE})")
  private int items;

  @Option(
      names = "--users",
      paramLabel = "N",
      defaultValue = "24",
      description = "users measured (${DEFAULT-VALUE})")
  private int users;

  @Option(
      names = "--queries",
      paramLabel = "M",
      defaultValue = "128",
      description = "query vectors per user (${DEFAULT-VALUE})")
  private int queries;

  @Option(
      names = "--k",
      paramLabel = "K",
      defaultValue = "1000",
      description = "items wanted (${DEFAULT-VALUE})")
  private int k;

  @Option(
      names = "--settings",
      split = ",",
      paramLabel = "T/S/B/G",
      converter = Settings.class,
      description = "rounds, sample, keep, neighbours of explorations (default of the size)")
  private List<ExploreSettings> settings = List.of();

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
  private int seed;

  /** Before anything is made: a number below one has no meaning here. */
  RecallOptions checked() {
    for (var number : new int[] {items, users, queries, k}) {
      if (number < 1) {
        throw new ParameterException(
            spec.commandLine(),
            "--items, --users, --queries and --k are at least 1; one is " + number);
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

  Optional<Path> space() {
    return Optional.ofNullable(space);
  }

  int items() {
    return items;
  }

  int users() {
    return users;
  }

  int queries() {
    return queries;
  }

  int k() {
    return k;
  }

  List<ExploreSettings> settings() {
    return settings;
  }

  Path cache() {
    return cache;
  }

  int seed() {
    return seed;
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
