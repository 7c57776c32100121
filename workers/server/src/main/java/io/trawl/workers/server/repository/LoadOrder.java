package io.trawl.workers.server.repository;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.ModelRepositoryParameter;
import io.trawl.workers.protocol.ModelRepositoryParameter.ParameterChoiceCase;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.tensors.Quoted;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a load asks for.
 *
 * @param model the model's name, which is its folder's
 * @param config a configuration as JSON, instead of the folder's {@code config.pbtxt}
 * @param files contents by {@code <version>/<name>}, instead of the folder's; only with a
 *     configuration
 */
record LoadOrder(String model, Optional<String> config, Map<String, ByteString> files) {
  private static final String FILE = "file:";
  private static final Pattern PATH =
      Pattern.compile("[1-9][0-9]{0,17}/[A-Za-z0-9_][A-Za-z0-9._-]{0,254}");

  /** As long as the name of a file can be. */
  private static final int MOST_CHARACTERS = 255;

  /** The model as it lies in its folder. */
  static LoadOrder of(String model) {
    return new LoadOrder(model, Optional.empty(), Map.of());
  }

  /**
   * @throws RequestException if a parameter is not known or not of its type
   */
  static LoadOrder of(RepositoryModelLoadRequest request) {
    String model = checkedName(request.getModelName());
    Optional<String> config = Optional.empty();
    Map<String, ByteString> files = new TreeMap<>();
    for (var each : new TreeMap<>(request.getParametersMap()).entrySet()) {
      String key = each.getKey();
      ModelRepositoryParameter value = each.getValue();
      if (key.equals("config")) {
        expect(key, value, ParameterChoiceCase.STRING_PARAM);
        config = Optional.of(value.getStringParam());
      } else if (key.startsWith(FILE)) {
        expect(key, value, ParameterChoiceCase.BYTES_PARAM);
        files.put(checkedPath(key), value.getBytesParam());
      } else {
        throw invalid(
            "load parameter %s is not known, expected 'config' or 'file:<version>/<name>'",
            Quoted.of(key));
      }
    }
    if (!files.isEmpty() && config.isEmpty()) {
      throw invalid(
          "load parameter 'config' is missing: files are loaded with a configuration only");
    }
    return new LoadOrder(model, config, files);
  }

  /** A name that is a folder's and leads nowhere else. */
  static String checkedName(String name) {
    if (name.isBlank() || name.startsWith(".") || !isFileName(name)) {
      throw invalid(
          "model name %s is not the name of a folder of the model repository", Quoted.of(name));
    }
    return name;
  }

  /** Whether a file can be called that: a name that is none leads to failures further in. */
  static boolean isFileName(String name) {
    if (name.contains("/")
        || name.contains("\\")
        || name.length() > MOST_CHARACTERS
        || name.chars().anyMatch(Character::isISOControl)) {
      return false;
    }
    try {
      return Path.of(name).getNameCount() == 1;
    } catch (InvalidPathException _) {
      return false;
    }
  }

  private static String checkedPath(String key) {
    String path = key.substring(FILE.length());
    if (!PATH.matcher(path).matches()) {
      throw invalid("load parameter %s is not of the form 'file:<version>/<name>'", Quoted.of(key));
    }
    return path;
  }

  static void expect(String key, ModelRepositoryParameter value, ParameterChoiceCase expected) {
    ParameterChoiceCase given = value.getParameterChoiceCase();
    if (given != expected) {
      throw invalid(
          "invalid value type for '%s' parameter, expected %s, got %s.",
          key, expected.name().toLowerCase(Locale.ROOT), given.name().toLowerCase(Locale.ROOT));
    }
  }

  private static RequestException invalid(String format, Object... arguments) {
    return CallFailure.invalid(format.formatted(arguments)).asException();
  }
}
