package io.trawl.bench;

import io.trawl.bench.SyntheticCatalogue.Kind;
import io.trawl.domain.Nearest;
import io.trawl.retrieval.ExploreSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What {@code bench recall} is asked to do.
 *
 * @param data which users of the made-up catalogue
 * @param space a space to measure instead, with the query vectors of its golden requests
 * @param items items of the made-up catalogue
 * @param users users measured
 * @param queries M
 * @param k K
 * @param settings exploration settings to measure; empty for the default of the catalogue's size
 * @param cache where the made-up catalogue is kept
 * @param seed what it is made by
 */
record RecallOptions(
    List<Kind> data,
    Optional<Path> space,
    int items,
    int users,
    int queries,
    int k,
    List<ExploreSettings> settings,
    Path cache,
    int seed) {

  static final String USAGE =
      """
      bench recall: recall of explore against exact, for T = 1 to the rounds of the settings
        --data friendly|hostile|both   whose query vectors, on a made-up catalogue (both)
        --space DIR                    measure this space instead, by its golden requests
        --items N                      items of the made-up catalogue (1000000)
        --users N                      users measured (24)
        --queries M                    query vectors per user (128)
        --k K                          items wanted (1000)
        --settings T/S/B/G[,...]       rounds, sample, keep, neighbours (default of the size)
        --cache DIR                    where the made-up catalogue is kept (target/bench)
        --seed N                       what it is made by (7)
      """;

  RecallOptions {
    data = List.copyOf(data);
    settings = List.copyOf(settings);
    for (var number : new int[] {items, users, queries, k}) {
      if (number < 1) {
        throw new IllegalArgumentException(
            "--items, --users, --queries and --k are at least 1; one is " + number);
      }
    }
  }

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException with a sentence for the user
   */
  static RecallOptions parse(String[] args) {
    var values = new HashMap<String, String>();
    for (var i = 0; i < args.length; i += 2) {
      if (!USAGE.contains("  " + args[i] + " ") || !args[i].startsWith("--")) {
        throw new IllegalArgumentException(unknown(args[i], USAGE));
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("option " + args[i] + " has no value");
      }
      values.put(args[i], args[i + 1]);
    }
    return new RecallOptions(
        kinds(values.getOrDefault("--data", "both")),
        Optional.ofNullable(values.get("--space")).map(Path::of),
        number(values, "--items", 1_000_000),
        number(values, "--users", 24),
        number(values, "--queries", 128),
        number(values, "--k", 1000),
        settings(values.getOrDefault("--settings", "")),
        Path.of(values.getOrDefault("--cache", "target/bench")),
        number(values, "--seed", 7));
  }

  /** The sentence for an option that a usage text does not have. */
  static String unknown(String option, String usage) {
    var known =
        Pattern.compile("--[a-z]+").matcher(usage).results().map(MatchResult::group).toList();
    return "unknown option '%s'; the nearest known one is '%s'"
        .formatted(option, Nearest.to(option, known).orElse(""));
  }

  private static List<Kind> kinds(String value) {
    var kinds =
        Arrays.stream(Kind.values())
            .filter(kind -> kind.word().equals(value) || value.equals("both"))
            .toList();
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException(
          "--data is " + value + "; expected friendly, hostile or both");
    }
    return kinds;
  }

  private static List<ExploreSettings> settings(String value) {
    var all = new ArrayList<ExploreSettings>();
    for (var one : value.isEmpty() ? new String[0] : value.split(",", -1)) {
      var parts = one.split("/", -1);
      if (parts.length != 4) {
        throw new IllegalArgumentException(
            "--settings has " + one + "; expected rounds/sample/keep/neighbours");
      }
      all.add(
          new ExploreSettings(
              number("rounds", parts[0]),
              number("sample", parts[1]),
              number("keep", parts[2]),
              number("neighbours", parts[3])));
    }
    return all;
  }

  private static int number(Map<String, String> values, String option, int otherwise) {
    var value = values.get(option);
    return value == null ? otherwise : number(option, value);
  }

  private static int number(String option, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(option + " is " + value + "; expected a whole number", e);
    }
  }
}
