package io.trawl.api.check;

import com.google.protobuf.Value;
import io.trawl.domain.RequestBounds;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is asked of a field's value beyond its type, checked and printed by the same numbers. */
sealed interface FieldRule {

  /** Whether the value may be; what is wrong with it is noted. */
  boolean check(Object value, Path path, Violations violations);

  /** Says the same as JSON Schema. */
  void print(JsonObject schema);

  /** Whether a message without a value is refused. */
  default boolean isNeeded() {
    return false;
  }

  /**
   * A whole number.
   *
   * @param otherwise what counts where none is given; null where that says nothing
   */
  record Range(long least, long most, @Nullable Long otherwise) implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      return violations.within(path, ((Number) value).longValue(), least, most);
    }

    @Override
    public void print(JsonObject schema) {
      schema.put("minimum", least).put("maximum", most);
      if (otherwise != null) {
        schema.put("default", otherwise);
      }
    }
  }

  /** Seconds since 1970. */
  record Time() implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      long seconds = (Long) value;
      return RequestBounds.isTime(seconds)
          || violations.add(
              path, RequestBounds.foundTime(seconds) + "; expected " + RequestBounds.EXPECTED_TIME);
    }

    @Override
    public void print(JsonObject schema) {
      schema.put("minimum", 0).put("maximum", RequestBounds.MAX_TIME_S);
    }
  }

  /** A number, its size at most the bound. */
  record Within(double bound, String expected) implements FieldRule {

    static final Within FINITE = new Within(Double.MAX_VALUE, "a finite number");

    @Override
    public boolean check(Object value, Path path, Violations violations) {
      return Math.abs(((Number) value).doubleValue()) <= bound
          || violations.add(path, "is " + value + "; expected " + expected);
    }

    @Override
    public void print(JsonObject schema) {
      schema.put("minimum", -bound).put("maximum", bound);
    }
  }

  /** A number above 0. */
  record Above(int most) implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      double number = (Double) value;
      return number > 0 && number <= most
          || violations.add(path, "is " + number + "; expected above 0, at most " + most);
    }

    @Override
    public void print(JsonObject schema) {
      schema.put("exclusiveMinimum", 0).put("maximum", most);
    }
  }

  /** A text; lengths count UTF-16 units. */
  record Text(int least, int most) implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      int length = ((String) value).length();
      if (length < least) {
        return violations.add(path, "is empty; expected a text");
      }
      return length <= most
          || violations.add(path, "has " + length + " characters; expected at most " + most);
    }

    @Override
    public void print(JsonObject schema) {
      if (least > 0) {
        schema.put("minLength", least);
      }
      schema.put("maxLength", most);
    }

    @Override
    public boolean isNeeded() {
      return least > 0;
    }
  }

  /** One of a few words. */
  record OneOf(List<String> words) implements FieldRule {

    OneOf(String... words) {
      this(List.of(words));
    }

    @Override
    public boolean check(Object value, Path path, Violations violations) {
      return words.contains((String) value)
          || violations.add(
              path,
              "is "
                  + Violations.quote((String) value)
                  + "; expected "
                  + String.join(" or ", words));
    }

    @Override
    public void print(JsonObject schema) {
      schema.put("enum", new JsonArray(words));
    }
  }

  /** A request's id; an empty one is as good as none. */
  record Id() implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      var id = (String) value;
      return id.isEmpty()
          || RequestIds.valid(id)
          || violations.add(path, RequestIds.whyInvalid(id));
    }

    @Override
    public void print(JsonObject schema) {
      schema.put("pattern", RequestIds.PATTERN_OR_EMPTY).put("maxLength", RequestIds.MAX_CHARS);
    }
  }

  /** A text, a number, or true or false. */
  record Scalar(Text text) implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      var scalar = (Value) value;
      return switch (scalar.getKindCase()) {
        case STRING_VALUE -> text.check(scalar.getStringValue(), path, violations);
        case NUMBER_VALUE -> Within.FINITE.check(scalar.getNumberValue(), path, violations);
        case BOOL_VALUE -> true;
        case NULL_VALUE -> wrong("null", path, violations);
        case STRUCT_VALUE -> wrong("an object", path, violations);
        case LIST_VALUE -> wrong("a list", path, violations);
        case KIND_NOT_SET -> wrong("missing", path, violations);
      };
    }

    private static boolean wrong(String found, Path path, Violations violations) {
      return violations.add(path, "is " + found + "; expected a text, a number, or true or false");
    }

    @Override
    public void print(JsonObject schema) {
      for (var kind : schema.getJsonArray("oneOf")) {
        var one = (JsonObject) kind;
        switch (one.getString("type")) {
          case "string" -> text.print(one);
          case "number" -> Within.FINITE.print(one);
          default -> {}
        }
      }
    }

    @Override
    public boolean isNeeded() {
      return true;
    }
  }

  /**
   * A list.
   *
   * @param what its elements are called
   * @param element what each must be; null where their own fields' rules say it
   */
  record Size(int least, int most, String what, @Nullable FieldRule element) implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      var list = (List<?>) value;
      if (!violations.size(path, list.size(), least, most, what)) {
        return false;
      }
      return element == null || new Each(element).check(list, path, violations);
    }

    @Override
    public void print(JsonObject schema) {
      if (least > 0) {
        schema.put("minItems", least);
      }
      schema.put("maxItems", most);
      if (element != null) {
        new Each(element).print(schema);
      }
    }

    @Override
    public boolean isNeeded() {
      return least > 0;
    }
  }

  /** A list of as many elements as the space says. */
  record Each(FieldRule element) implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      var list = (List<?>) value;
      boolean good = true;
      for (int i = 0; i < list.size() && !violations.full(); i++) {
        good &= element.check(list.get(i), path.at(i), violations);
      }
      return good;
    }

    @Override
    public void print(JsonObject schema) {
      element.print(schema.getJsonObject("items"));
    }

    @Override
    public boolean isNeeded() {
      return true;
    }
  }

  /** Texts by key. */
  record Texts(int most, Text key, Text value) implements FieldRule {
    @Override
    public boolean check(Object entries, Path path, Violations violations) {
      var map = (Map<?, ?>) entries;
      if (!violations.size(path, map.size(), 0, most, "entries")) {
        return false;
      }
      boolean good = true;
      for (var entry : map.entrySet()) {
        var at = path.key((String) entry.getKey());
        good &= key.check(entry.getKey(), at, violations);
        good &= value.check(entry.getValue(), at, violations);
      }
      return good;
    }

    @Override
    public void print(JsonObject schema) {
      schema.put("maxProperties", most);
      var names = new JsonObject();
      key.print(names);
      schema.put("propertyNames", names);
      value.print(schema.getJsonObject("additionalProperties"));
    }
  }

  /** Printed here, and checked where the other fields are known that it hangs on. */
  record Printed(FieldRule rule) implements FieldRule {
    @Override
    public boolean check(Object value, Path path, Violations violations) {
      return true;
    }

    @Override
    public void print(JsonObject schema) {
      rule.print(schema);
    }
  }
}
