package io.trawl.space.source;

import io.trawl.domain.Nearest;
import io.trawl.domain.RequestBounds;
import io.vertx.core.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that knows where it stands, so that a wrong one is refused with its file, its path,
 * what it is and what was expected. Where it stands is put into words only when it is refused:
 * millions of items pass through here.
 */
public final class JsonNode {

  private static final int SHOWN_CHARACTERS = 80;

  private final Supplier<String> file;
  private final @Nullable JsonNode parent;

  /** The name of a member or the index of an element; empty at the root. */
  private final Object key;

  /** Map, List, String, Number, Boolean or null. */
  private final @Nullable Object value;

  private JsonNode(
      Supplier<String> file, @Nullable JsonNode parent, Object key, @Nullable Object value) {
    this.file = file;
    this.parent = parent;
    this.key = key;
    this.value = value;
  }

  /**
   * @param file the file, with the line where there is one
   */
  public static JsonNode parse(Supplier<String> file, String text) {
    return new JsonNode(file, null, "", JsonText.read(file, text));
  }

  @Nullable
  public Object value() {
    return value;
  }

  /** This object, after a check that it has no other members than these. */
  public JsonNode only(Set<String> known) {
    for (var name : object().keySet()) {
      if (!known.contains(name)) {
        throw new SpaceRefused(
            file.get(),
            "has the unknown key \"" + member(name, null).path() + "\"",
            "one of "
                + String.join(", ", new TreeSet<>(known))
                + Nearest.to(name, known).map(" (nearest: \"%s\")"::formatted).orElse(""));
      }
    }
    return this;
  }

  /** A member that must be there. */
  public JsonNode get(String name) {
    var found = find(name);
    if (found == null) {
      throw new SpaceRefused(
          file.get(), "lacks the key \"" + member(name, null).path() + "\"", "it to be there");
    }
    return found;
  }

  /** A member that may be absent. */
  @Nullable
  public JsonNode find(String name) {
    var members = object();
    return members.containsKey(name) ? member(name, members.get(name)) : null;
  }

  /** All members, in the order of the file. */
  public Map<String, JsonNode> fields() {
    var fields = new LinkedHashMap<String, JsonNode>();
    object().forEach((name, found) -> fields.put(name, member(name, found)));
    return fields;
  }

  @SuppressWarnings("unchecked") // the decoder gives no other maps
  private Map<String, @Nullable Object> object() {
    if (!(value instanceof Map)) {
      throw wrong("an object");
    }
    return (Map<String, @Nullable Object>) value;
  }

  private JsonNode member(String name, @Nullable Object found) {
    return new JsonNode(file, this, name, found);
  }

  public List<JsonNode> list() {
    if (!(value instanceof List<?> list)) {
      throw wrong("an array");
    }
    var nodes = new ArrayList<JsonNode>(list.size());
    for (var element : list) {
      nodes.add(new JsonNode(file, this, nodes.size(), element));
    }
    return nodes;
  }

  public List<JsonNode> list(int size) {
    var nodes = list();
    if (nodes.size() != size) {
      throw refused("has %d elements".formatted(nodes.size()), Integer.toString(size));
    }
    return nodes;
  }

  public String text() {
    if (!(value instanceof String text)) {
      throw wrong("a string");
    }
    return text;
  }

  public String nonEmptyText() {
    var text = text();
    if (text.isEmpty()) {
      throw wrong("a string that is not empty");
    }
    return text;
  }

  /** Text of 1 to {@code most} UTF-16 characters. */
  public String nonEmptyText(int most) {
    nonEmptyText();
    return text(most);
  }

  public @Nullable String textOrNull(int most) {
    return value == null ? null : text(most);
  }

  /** Text of at most {@code most} UTF-16 characters. */
  public String text(int most) {
    var text = text();
    if (text.length() > most) {
      throw refused("has " + text.length() + " characters", "at most " + most);
    }
    return text;
  }

  /** Seconds since 1970. */
  public Instant time() {
    if (!(value instanceof Integer || value instanceof Long)) {
      throw wrong(RequestBounds.EXPECTED_TIME);
    }
    var seconds = ((Number) value).longValue();
    if (!RequestBounds.isTime(seconds)) {
      throw refused(RequestBounds.foundTime(seconds), RequestBounds.EXPECTED_TIME);
    }
    return Instant.ofEpochSecond(seconds);
  }

  public long integer(long min, long max) {
    if ((value instanceof Integer || value instanceof Long)
        && ((Number) value).longValue() >= min
        && ((Number) value).longValue() <= max) {
      return ((Number) value).longValue();
    }
    throw wrong("an integer from %d to %d".formatted(min, max));
  }

  public int integer(int min, int max) {
    return (int) integer((long) min, (long) max);
  }

  public double number() {
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw wrong("a finite number");
  }

  public boolean flag() {
    if (!(value instanceof Boolean flag)) {
      throw wrong("true or false");
    }
    return flag;
  }

  /** The constant that the text names in lower case. */
  public <E extends Enum<E>> E oneOf(Class<E> constants) {
    var words =
        Arrays.stream(constants.getEnumConstants())
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    return Enum.valueOf(constants, oneOf(words).toUpperCase(Locale.ROOT));
  }

  /** The one of these words that the text is. */
  public String oneOf(Set<String> words) {
    var text = text();
    if (!words.contains(text)) {
      throw wrong("one of " + String.join(", ", new TreeSet<>(words)));
    }
    return text;
  }

  public SpaceRefused wrong(String expected) {
    return refused("is " + shown(), expected);
  }

  public SpaceRefused refused(String found, String expected) {
    var path = path();
    return new SpaceRefused(file.get(), path.isEmpty() ? found : path + " " + found, expected);
  }

  private String path() {
    if (parent == null) {
      return "";
    }
    var before = parent.path();
    if (key instanceof Integer) {
      return before + "[" + key + "]";
    }
    return before.isEmpty() ? key.toString() : before + "." + key;
  }

  private String shown() {
    return cut(Json.encode(value));
  }

  /** As much of a text as a refusal shows, without half of a surrogate pair at its end. */
  static String cut(String text) {
    if (text.length() <= SHOWN_CHARACTERS) {
      return text;
    }
    var whole = Character.isHighSurrogate(text.charAt(SHOWN_CHARACTERS - 1)) ? 1 : 0;
    return text.substring(0, SHOWN_CHARACTERS - whole) + "…";
  }
}
