package io.trawl.space;

import io.trawl.space.SpaceRefused.Code;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that knows where it stands, so that a wrong one is refused with its file, its path,
 * what it is and what was expected.
 *
 * @param code what a refusal counts as
 * @param file the file, with the line where there is one
 * @param path keys and indices from the root; empty at the root
 * @param value Map, List, String, Number, Boolean or null
 */
record JsonNode(Code code, String file, String path, @Nullable Object value) {

  private static final int SHOWN_CHARACTERS = 80;

  static JsonNode parse(Code code, String file, String text) {
    try {
      return new JsonNode(code, file, "", plain(Json.decodeValue(text)));
    } catch (DecodeException e) {
      var why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new SpaceRefused(code, file, "is not JSON (" + why + ")", "one JSON value");
    }
  }

  private static @Nullable Object plain(@Nullable Object decoded) {
    return switch (decoded) {
      case JsonObject object -> object.getMap();
      case JsonArray array -> array.getList();
      case null, default -> decoded;
    };
  }

  /** The object's members, after a check that it has no others than these. */
  Map<String, JsonNode> only(Set<String> known) {
    var fields = fields();
    for (var key : fields.keySet()) {
      if (!known.contains(key)) {
        throw new SpaceRefused(
            code,
            file,
            "has the unknown key \"" + child(key) + "\"",
            "one of %s (nearest: \"%s\")"
                .formatted(String.join(", ", new TreeSet<>(known)), Nearest.to(key, known)));
      }
    }
    return fields;
  }

  /** A member that must be there. */
  JsonNode get(String key) {
    var found = find(key);
    if (found == null) {
      throw new SpaceRefused(code, file, "lacks the key \"" + child(key) + "\"", "it to be there");
    }
    return found;
  }

  /** A member that may be absent. */
  @Nullable JsonNode find(String key) {
    return fields().get(key);
  }

  Map<String, JsonNode> fields() {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrong("an object");
    }
    var fields = new LinkedHashMap<String, JsonNode>();
    map.forEach(
        (key, member) -> {
          var name = String.valueOf(key);
          fields.put(name, new JsonNode(code, file, child(name), plain(member)));
        });
    return fields;
  }

  List<JsonNode> list() {
    if (!(value instanceof List<?> list)) {
      throw wrong("an array");
    }
    var nodes = new ArrayList<JsonNode>(list.size());
    for (var element : list) {
      nodes.add(new JsonNode(code, file, path + "[" + nodes.size() + "]", plain(element)));
    }
    return nodes;
  }

  List<JsonNode> list(int size) {
    var nodes = list();
    if (nodes.size() != size) {
      throw refused("has %d elements".formatted(nodes.size()), Integer.toString(size));
    }
    return nodes;
  }

  String text() {
    if (!(value instanceof String text)) {
      throw wrong("a string");
    }
    return text;
  }

  String nonEmptyText() {
    var text = text();
    if (text.isEmpty()) {
      throw wrong("a string that is not empty");
    }
    return text;
  }

  @Nullable String textOrNull() {
    return value == null ? null : text();
  }

  long integer(long min, long max) {
    if ((value instanceof Integer || value instanceof Long)
        && ((Number) value).longValue() >= min
        && ((Number) value).longValue() <= max) {
      return ((Number) value).longValue();
    }
    throw wrong("an integer from %d to %d".formatted(min, max));
  }

  int integer(int min, int max) {
    return (int) integer((long) min, (long) max);
  }

  double number() {
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw wrong("a finite number");
  }

  boolean flag() {
    if (!(value instanceof Boolean flag)) {
      throw wrong("true or false");
    }
    return flag;
  }

  /** The one of these words that the text is. */
  String oneOf(Set<String> words) {
    var text = text();
    if (!words.contains(text)) {
      throw wrong("one of " + String.join(", ", new TreeSet<>(words)));
    }
    return text;
  }

  SpaceRefused wrong(String expected) {
    return refused("is " + shown(), expected);
  }

  SpaceRefused refused(String found, String expected) {
    return refused(code, found, expected);
  }

  SpaceRefused refused(Code as, String found, String expected) {
    return new SpaceRefused(as, file, path.isEmpty() ? found : path + " " + found, expected);
  }

  private String child(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private String shown() {
    var json = Json.encode(value);
    return json.length() <= SHOWN_CHARACTERS ? json : json.substring(0, SHOWN_CHARACTERS) + "…";
  }
}
