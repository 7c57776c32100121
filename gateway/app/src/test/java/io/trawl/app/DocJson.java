package io.trawl.app;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Answers as pages show them, and whether two of them say the same. */
final class DocJson {

  private static final int WIDTH = 100;

  /** Scores come out of floating point whose order of operations a model runtime chooses. */
  private static final double TOLERANCE = 1e-3;

  /** Wall time. */
  private static final Set<String> TIMES =
      Set.of("micros", "start_micros", "startMicros", "stage_micros", "stageMicros");

  private static final Pattern EVENT = Pattern.compile("event: (\\w+)\ndata: (.*)", Pattern.DOTALL);

  private DocJson() {}

  /** JSON on as few lines as are well read; server-sent events so too; anything else as it is. */
  static String pretty(String text) {
    if (text.startsWith("event: ")) {
      return Stream.of(text.strip().split("\n\n", -1))
          .map(
              event -> {
                var parts = EVENT.matcher(event);
                return parts.matches()
                    ? "event: " + parts.group(1) + "\ndata: " + pretty(parts.group(2))
                    : event;
              })
          .collect(Collectors.joining("\n\n"));
    }
    try {
      var out = new StringBuilder();
      write(Json.decodeValue(text), 0, 0, WIDTH, out);
      return out.toString();
    } catch (DecodeException notJson) {
      return text.strip();
    }
  }

  /** JSON as grpcurl prints it: each value on a line of its own. */
  static String expanded(String json) {
    var out = new StringBuilder();
    write(Json.decodeValue(json), 0, 0, 0, out);
    return out.toString();
  }

  private static void write(Object value, int indent, int column, int width, StringBuilder out) {
    var line = line(value);
    if (indent + column + line.length() <= width) {
      out.append(line);
      return;
    }
    var inner = "\n" + " ".repeat(indent + 2);
    var between = "";
    switch (value) {
      case JsonObject object -> {
        out.append("{");
        for (var entry : object) {
          var name = Json.encode(entry.getKey()) + ": ";
          out.append(between).append(inner).append(name);
          write(entry.getValue(), indent + 2, name.length() + 1, width, out);
          between = ",";
        }
        out.append("\n").append(" ".repeat(indent)).append("}");
      }
      case JsonArray array -> {
        out.append("[");
        for (var element : array) {
          out.append(between).append(inner);
          write(element, indent + 2, 1, width, out);
          between = ",";
        }
        out.append("\n").append(" ".repeat(indent)).append("]");
      }
      default -> out.append(line);
    }
  }

  private static String line(Object value) {
    return switch (value) {
      case JsonObject object ->
          object.stream()
              .map(entry -> Json.encode(entry.getKey()) + ": " + line(entry.getValue()))
              .collect(Collectors.joining(", ", "{", "}"));
      case JsonArray array ->
          array.stream().map(DocJson::line).collect(Collectors.joining(", ", "[", "]"));
      default -> Json.encode(value);
    };
  }

  /** Whether an answer says what the page says, but for times. */
  static boolean same(String printed, String answered) {
    if (printed.startsWith("event: ")) {
      return sameEvents(printed.split("\n\n", -1), List.of(answered.split("\n\n", -1)));
    }
    if (printed.startsWith("HTTP/1.1 ")) {
      var one = printed.split("\n\n", 2);
      var other = answered.split("\n\n", 2);
      return one[0].equals(other[0]) && same(one[1], other[1]);
    }
    try {
      return same("", Json.decodeValue(printed), Json.decodeValue(answered));
    } catch (DecodeException notJson) {
      return printed.strip().equals(answered.strip());
    }
  }

  /** A reader that a busy machine makes slow misses lists, never the answer, and never order. */
  private static boolean sameEvents(String[] printed, List<String> answered) {
    int matched = 0;
    for (var event : printed) {
      if (matched < answered.size() && sameEvent(event, answered.get(matched))) {
        matched++;
      }
    }
    return matched == answered.size() && answered.getLast().startsWith("event: answer");
  }

  private static boolean sameEvent(String printed, String answered) {
    var one = EVENT.matcher(printed);
    var other = EVENT.matcher(answered);
    return one.matches()
        && other.matches()
        && one.group(1).equals(other.group(1))
        && same(one.group(2), other.group(2));
  }

  private static boolean same(String name, Object one, Object other) {
    if (TIMES.contains(name)) {
      return names(one).equals(names(other));
    }
    return switch (one) {
      case JsonObject object ->
          other instanceof JsonObject that
              && object.fieldNames().equals(that.fieldNames())
              && object.fieldNames().stream()
                  .allMatch(key -> same(key, object.getValue(key), that.getValue(key)));
      case JsonArray array ->
          other instanceof JsonArray that
              && array.size() == that.size()
              && sameElements(name, ordered(name, array), ordered(name, that));
      case Number number ->
          other instanceof Number that
              && Math.abs(number.doubleValue() - that.doubleValue()) <= TOLERANCE;
      default -> one.equals(other);
    };
  }

  private static boolean sameElements(String name, List<Object> one, List<Object> other) {
    for (int i = 0; i < one.size(); i++) {
      if (!same(name + "[]", one.get(i), other.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Spans stand by when they began, and of two that begin together either may be first. */
  private static List<Object> ordered(String name, JsonArray array) {
    return name.equals("spans")
        ? array.stream()
            .sorted(Comparator.comparing(span -> line(withoutTimes((JsonObject) span))))
            .toList()
        : array.stream().toList();
  }

  private static JsonObject withoutTimes(JsonObject span) {
    return new JsonObject(
        span.stream()
            .filter(entry -> !TIMES.contains(entry.getKey()))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  private static Set<String> names(Object times) {
    return times instanceof JsonObject object ? object.fieldNames() : Set.of();
  }
}
