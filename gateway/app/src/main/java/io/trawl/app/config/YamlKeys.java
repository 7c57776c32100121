package io.trawl.app.config;

import io.trawl.workers.process.IoReason;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** The keys of a YAML file, as {@link ConfigDecoder} takes them. */
public final class YamlKeys {

  private YamlKeys() {}

  /**
   * Reads a file.
   *
   * @param what the file is, in a word, for errors
   * @return its keys, none for an empty file
   * @throws ConfigRefused if there is no such file, or it holds no keys
   */
  public static Map<String, ?> of(Path file, String what) {
    try {
      return of(new StringReader(Files.readString(file)), file.toString());
    } catch (NoSuchFileException _) {
      throw new ConfigRefused("there is no " + what + " file " + file);
    } catch (IOException unreadable) {
      throw new ConfigRefused(file + " cannot be read: " + IoReason.of(unreadable));
    }
  }

  /**
   * Reads text that is no file of its own.
   *
   * @param called what errors call it
   */
  public static Map<String, ?> of(Reader text, String called) {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    try {
      Object read = new Yaml(new SafeConstructor(options)).load(text);
      return switch (read) {
        case null -> Map.of();
        case Map<?, ?> map -> {
          @SuppressWarnings("unchecked") // a YAML key that is no string is refused as unknown
          var keys = (Map<String, ?>) map;
          yield keys;
        }
        default -> throw new ConfigRefused(called + " holds no keys; expected 'key: value' lines");
      };
    } catch (YAMLException wrong) {
      throw new ConfigRefused(called + " is no YAML: " + wrong.getMessage());
    }
  }
}
