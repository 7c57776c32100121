package io.trawl.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trawl.app.config.ConfigDecoder;
import io.trawl.app.config.ConfigRefused;
import io.trawl.app.config.YamlKeys;
import io.trawl.domain.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A scenario and the kinds of requests that it mixes.
 *
 * @param name its file's, without the ending
 * @param mix how often each kind comes, in the file's order
 */
record ScenarioFile(String name, Scenario scenario, Map<Kind, Integer> mix) {

  /** Those that come with the generator. */
  static final List<String> COMMITTED =
      List.of("mixed", "overload", "peak-http", "peak-grpc", "retrieve", "stages", "stages-exact");

  private static final String ENDING = ".yaml";
  private static final int HEAVIEST = 1_000_000;

  ScenarioFile {
    mix = new LinkedHashMap<>(mix);
  }

  /**
   * Reads a scenario.
   *
   * @param named the name of a committed one, or a path
   * @throws ConfigRefused if it is not there, or wrong; names file, key, value and what was
   *     expected
   */
  static ScenarioFile read(String named) {
    if (COMMITTED.contains(named)) {
      return committed(named);
    }
    var file = Path.of(named);
    if (!named.contains(ENDING) && !Files.exists(file)) {
      throw new ConfigRefused(
          "there is no scenario '%s'%s, or a file"
              .formatted(named, Nearest.advice(named, COMMITTED)));
    }
    return decoded(YamlKeys.of(file, "scenario"), named);
  }

  private static ScenarioFile committed(String name) {
    try (InputStream bytes = ScenarioFile.class.getResourceAsStream(name + ENDING)) {
      if (bytes == null) {
        throw new IllegalStateException("scenario " + name + " is not on the class path");
      }
      return decoded(YamlKeys.of(new InputStreamReader(bytes, UTF_8), name), name);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static ScenarioFile decoded(Map<String, ?> read, String called) {
    var keys = new HashMap<String, Object>(read);
    try {
      var mix = mix(keys.remove("mix"));
      var scenario = ConfigDecoder.decode(Scenario.defaults(), keys, Map.of());
      return new ScenarioFile(name(called), scenario, mix);
    } catch (ConfigRefused wrong) {
      throw new ConfigRefused("scenario " + called + ": " + wrong.getMessage());
    }
  }

  private static String name(String called) {
    var file = Path.of(called).getFileName().toString();
    return file.endsWith(ENDING) ? file.substring(0, file.length() - ENDING.length()) : file;
  }

  private static Map<Kind, Integer> mix(@Nullable Object given) {
    if (!(given instanceof Map<?, ?> weights) || weights.isEmpty()) {
      throw new ConfigRefused(
          "mix is '%s'; expected a weight for each kind of request, such as {http-retrieve: 1}"
              .formatted(given));
    }
    Map<Kind, Integer> mix = new LinkedHashMap<>();
    weights.forEach(
        (name, weight) -> {
          if (!(weight instanceof Integer times) || times < 1 || times > HEAVIEST) {
            throw new ConfigRefused(
                "mix.%s is '%s'; expected 1 to %d".formatted(name, weight, HEAVIEST));
          }
          mix.put(kind(String.valueOf(name)), times);
        });
    return mix;
  }

  private static Kind kind(String name) {
    var known = Kind.all();
    var found = known.get(name);
    if (found == null) {
      throw new ConfigRefused(
          "mix.%s is no kind of request%s".formatted(name, Nearest.advice(name, known.keySet())));
    }
    return found;
  }
}
