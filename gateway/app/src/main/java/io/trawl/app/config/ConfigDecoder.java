package io.trawl.app.config;

import io.trawl.domain.Nearest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes one config record: its defaults, overlaid by the keys of a file, overlaid by the
 * environment. Components may be records (the keys of {@link Inline} ones, and of those that their
 * record declares itself, stand beside its own), {@link Duration}, {@link ByteSize}, {@link Path},
 * enums, {@code String}, {@code int}, {@code long}, {@code double}, {@code boolean} or lists of
 * strings.
 */
public final class ConfigDecoder {

  /** What every environment variable of ours begins with. */
  public static final String PREFIX = "TRAWL_";

  private final Map<String, String> environment;
  private final Set<String> used = new HashSet<>();
  private final Set<String> variables = new TreeSet<>();

  private ConfigDecoder(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Decodes a record.
   *
   * @param defaults the record with every default
   * @param file the keys of the YAML file, empty for none
   * @param environment all environment variables
   * @throws ConfigRefused if a key or variable is unknown, or a value is refused
   */
  public static <R extends Record> R decode(
      R defaults, Map<String, ?> file, Map<String, String> environment) {
    var decoder = new ConfigDecoder(environment);
    var decoded = decoder.record("", defaults, file);
    decoder.refuseUnknownVariables();
    @SuppressWarnings("unchecked") // record() makes an instance of the class of its second argument
    var result = (R) decoded;
    return result;
  }

  private Record record(String path, Record defaults, Map<?, ?> file) {
    refuseUnknownKeys(path, file, keys(defaults.getClass()));
    return known(path, defaults, file);
  }

  private Record known(String path, Record defaults, Map<?, ?> file) {
    var components = defaults.getClass().getRecordComponents();
    var values =
        Arrays.stream(components)
            .map(component -> value(path, component, defaults, file))
            .toArray();
    return construct(path, defaults.getClass(), components, values);
  }

  private @Nullable Object value(
      String path, RecordComponent component, Record defaults, Map<?, ?> file) {
    var key = kebab(component.getName());
    var full = path.isEmpty() ? key : path + "." + key;
    var given = file.get(key);
    var standard = read(component, defaults);
    if (isInline(component) && standard instanceof Record inner) {
      return known(path, inner, file);
    }
    if (standard instanceof Record nested && !(standard instanceof ByteSize)) {
      return switch (given) {
        case null -> record(full, nested, Map.of());
        case Map<?, ?> map -> record(full, nested, map);
        default -> throw refused(full, given, "a group of keys");
      };
    }
    var variable = PREFIX + full.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    variables.add(variable);
    var fromEnvironment = environment.get(variable);
    if (fromEnvironment != null) {
      used.add(variable);
      return convert(variable, fromEnvironment, component.getType());
    }
    return given == null ? standard : convert(full, given, component.getType());
  }

  private static Object convert(String key, Object given, Class<?> type) {
    try {
      return scalar(key, given, type);
    } catch (NumberFormatException _) {
      throw refused(key, given, "a whole number in range of its type");
    } catch (IllegalArgumentException | ArithmeticException wrong) {
      throw new ConfigRefused(key + ": " + wrong.getMessage());
    }
  }

  private static Object scalar(String key, Object given, Class<?> type) {
    if (type == List.class) {
      return switch (given) {
        case List<?> list -> list.stream().map(String::valueOf).toList();
        case String text -> text.isBlank() ? List.of() : List.of(text.strip().split("\\s*,\\s*"));
        default -> throw refused(key, given, "a list");
      };
    }
    if (given instanceof Map<?, ?> || given instanceof List<?>) {
      throw refused(key, given, "one value");
    }
    var text = given.toString().strip();
    if (type == String.class) {
      return text;
    }
    if (type == int.class) {
      return Integer.parseInt(text);
    }
    if (type == long.class) {
      return Long.parseLong(text);
    }
    if (type == double.class) {
      return Double.parseDouble(text);
    }
    if (type == boolean.class) {
      return switch (text) {
        case "true" -> true;
        case "false" -> false;
        default -> throw refused(key, given, "true or false");
      };
    }
    if (type.isEnum()) {
      return constant(key, text, type);
    }
    if (type == Duration.class) {
      return Durations.parse(text);
    }
    if (type == ByteSize.class) {
      return ByteSize.parse(text);
    }
    if (type == Path.class) {
      return Path.of(text);
    }
    throw new IllegalStateException(key + " has a type that no file can hold: " + type);
  }

  /** A word out of few: the constants' names in small letters. */
  private static Object constant(String key, String text, Class<?> type) {
    var words = new LinkedHashMap<String, Object>();
    for (var constant : type.getEnumConstants()) {
      words.put(constant.toString().toLowerCase(Locale.ROOT), constant);
    }
    var found = words.get(text);
    if (found == null) {
      throw refused(key, text, "'" + String.join("' or '", words.keySet()) + "'");
    }
    return found;
  }

  private static Record construct(
      String path, Class<?> type, RecordComponent[] components, @Nullable Object[] values) {
    var types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return (Record) constructor.newInstance(values);
    } catch (InvocationTargetException thrown) {
      var why = inKeys(components, sentence(thrown.getCause()));
      throw new ConfigRefused(path.isEmpty() ? why : path + "." + why);
    } catch (ReflectiveOperationException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static String sentence(@Nullable Throwable refusal) {
    return refusal == null ? "refused" : String.valueOf(refusal.getMessage());
  }

  /** A record speaks of its components; the file has keys. */
  private static String inKeys(RecordComponent[] components, String message) {
    for (var component : components) {
      var name = component.getName();
      if (message.startsWith(name + " ") || message.startsWith(name + ":")) {
        return kebab(name) + message.substring(name.length());
      }
    }
    return message;
  }

  private static @Nullable Object read(RecordComponent component, Record from) {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(from);
    } catch (ReflectiveOperationException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static boolean isInline(RecordComponent component) {
    return component.isAnnotationPresent(Inline.class)
        || (component.getType().isRecord()
            && component.getDeclaringRecord().equals(component.getType().getDeclaringClass()));
  }

  private static Set<String> keys(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .flatMap(
            component ->
                isInline(component)
                    ? keys(component.getType()).stream()
                    : Stream.of(kebab(component.getName())))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void refuseUnknownKeys(String path, Map<?, ?> file, Set<String> known) {
    for (var key : file.keySet()) {
      var name = String.valueOf(key);
      if (!known.contains(name)) {
        var group = path.isEmpty() ? "" : path + ".";
        throw new ConfigRefused(
            "unknown key '%s'%s"
                .formatted(
                    group + name,
                    Nearest.advice(group + name, known.stream().map(group::concat).toList())));
      }
    }
  }

  private void refuseUnknownVariables() {
    for (var name : environment.keySet()) {
      if (name.startsWith(PREFIX) && !used.contains(name)) {
        throw new ConfigRefused(
            "unknown environment variable '%s'%s".formatted(name, Nearest.advice(name, variables)));
      }
    }
  }

  private static ConfigRefused refused(String key, Object value, String expected) {
    return new ConfigRefused(key + " is '" + value + "'; expected " + expected);
  }

  /** {@code maxBodyBytes} becomes {@code max-body-bytes}. */
  static String kebab(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
  }
}
