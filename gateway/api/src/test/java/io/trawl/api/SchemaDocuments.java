package io.trawl.api;

import io.trawl.api.check.Path;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Documents made at random from a schema: valid ones, and valid ones with one thing wrong. */
final class SchemaDocuments {

  /** Deeper, only what is required is made; no list is made longer than this but for its least. */
  private static final int MAX_DEPTH = 6;

  private static final int MAX_LENGTH = 3;

  private final Contract contract;
  private final RandomGenerator random;

  SchemaDocuments(Contract contract, RandomGenerator random) {
    this.contract = contract;
    this.random = random;
  }

  /** A document that the schema allows, and the rules between fields that no schema says. */
  JsonObject valid(JsonObject schema) {
    return repaired((JsonObject) value(schema, 0));
  }

  private Object value(JsonObject pointer, int depth) {
    var schema = contract.resolve(pointer);
    if (schema.containsKey("oneOf")) {
      var kinds = schema.getJsonArray("oneOf");
      return value(kinds.getJsonObject(random.nextInt(kinds.size())), depth);
    }
    return switch (schema.getString("type")) {
      case "object" -> object(merged(schema, pointer), depth);
      case "array" -> array(merged(schema, pointer), depth);
      case "string" -> text(schema);
      case "integer" -> whole(schema);
      case "number" -> number(schema);
      case "boolean" -> random.nextBoolean();
      default -> throw new AssertionError(schema.encode());
    };
  }

  /** What stands beside a pointer counts too. */
  private static JsonObject merged(JsonObject schema, JsonObject pointer) {
    return schema == pointer ? schema : schema.copy().mergeIn(pointer);
  }

  private JsonObject object(JsonObject schema, int depth) {
    var object = new JsonObject();
    if (schema.getValue("additionalProperties") instanceof JsonObject entry) {
      int entries = random.nextInt(Math.min(MAX_LENGTH, schema.getInteger("maxProperties")) + 1);
      for (int i = 0; i < entries; i++) {
        object.put("key " + i, value(entry, depth + 1));
      }
      return object;
    }
    var properties = schema.getJsonObject("properties");
    if (schema.getInteger("maxProperties", 0) == 1) {
      var names = new ArrayList<>(properties.fieldNames());
      if (depth >= MAX_DEPTH) {
        names.removeAll(List.of("all", "any", "not"));
      }
      var name = names.get(random.nextInt(names.size()));
      return object.put(name, value(properties.getJsonObject(name), depth + 1));
    }
    var required = schema.getJsonArray("required", new JsonArray());
    for (var property : properties) {
      if (required.contains(property.getKey()) || (depth < MAX_DEPTH && random.nextBoolean())) {
        object.put(property.getKey(), value((JsonObject) property.getValue(), depth + 1));
      }
    }
    for (var choice : schema.getJsonArray("anyOf", new JsonArray())) {
      var name = ((JsonObject) choice).getJsonArray("required").getString(0);
      if (object.isEmpty() || random.nextBoolean() || !object.containsKey("at_least")) {
        object.put(name, value(properties.getJsonObject(name), depth + 1));
      }
    }
    return object;
  }

  private JsonArray array(JsonObject schema, int depth) {
    int least = schema.getInteger("minItems", 0);
    int most = schema.getInteger("maxItems", MAX_LENGTH);
    int size = least + random.nextInt(Math.min(most, MAX_LENGTH) - least + 1);
    var array = new JsonArray();
    for (int i = 0; i < size; i++) {
      array.add(value(schema.getJsonObject("items"), depth + 1));
    }
    return array;
  }

  private String text(JsonObject schema) {
    var values = schema.getJsonArray("enum");
    if (values != null) {
      return values.getString(random.nextInt(values.size()));
    }
    int least = schema.getInteger("minLength", 0);
    int most = schema.getInteger("maxLength");
    int length =
        switch (random.nextInt(4)) {
          case 0 -> least;
          case 1 -> most;
          default -> random.nextInt(least, most + 1);
        };
    var alphabet = schema.containsKey("pattern") ? "aZ09._:/+=@-" : "aZ \"\\\n\u0000é漢/%";
    var text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private Long whole(JsonObject schema) {
    long least = schema.getLong("minimum");
    long most = schema.getLong("maximum");
    return switch (random.nextInt(4)) {
      case 0 -> least;
      case 1 -> most;
      default -> random.nextLong(least, most + 1);
    };
  }

  private Double number(JsonObject schema) {
    boolean open = schema.containsKey("exclusiveMinimum");
    double most = schema.getDouble("maximum");
    double least = open ? Double.MIN_VALUE : schema.getDouble("minimum");
    return switch (random.nextInt(4)) {
      case 0 -> least;
      case 1 -> most;
      default -> open ? random.nextDouble(1e-9, most) : random.nextDouble(-1e9, 1e9);
    };
  }

  /** Keeps the rules that stand in words only: between k, quotas and merge, and between bounds. */
  private static JsonObject repaired(JsonObject document) {
    for (var request : document.getJsonArray("requests", new JsonArray())) {
      repaired((JsonObject) request);
    }
    for (var one : document.getJsonArray("objectives", new JsonArray())) {
      var objective = (JsonObject) one;
      if (!document.containsKey("merge")) {
        objective.remove("weight");
        objective.remove("quota");
      } else if (objective.containsKey("quota")) {
        // Of no more objectives than this, and k is at least 1.
        objective.put(
            "quota", objective == document.getJsonArray("objectives").getValue(0) ? 1 : 0);
      }
    }
    orderBounds(document);
    return document;
  }

  private static void orderBounds(Object value) {
    switch (value) {
      case JsonObject object -> {
        var least = object.getDouble("at_least", null);
        var most = object.getDouble("at_most", null);
        if (least != null && most != null && least > most) {
          object.put("at_least", most).put("at_most", least);
        }
        object.forEach(
            entry -> {
              if (entry.getValue() instanceof JsonObject || entry.getValue() instanceof JsonArray) {
                orderBounds(entry.getValue());
              }
            });
      }
      case JsonArray array ->
          array.stream().filter(e -> e instanceof JsonObject).forEach(SchemaDocuments::orderBounds);
      default -> {}
    }
  }

  /** Every way in which this tester can break a valid document. */
  List<Mutation> mutations(JsonObject document, JsonObject schema) {
    List<Mutation> found = new ArrayList<>();
    inside(document, schema, Path.ROOT, found);
    return found;
  }

  private void inside(Object value, JsonObject pointer, Path path, List<Mutation> found) {
    var schema = merged(contract.resolve(pointer), pointer);
    if (value instanceof JsonObject object) {
      insideObject(object, schema, path, found);
    } else if (value instanceof JsonArray array) {
      var items = schema.getJsonObject("items");
      for (int i = 0; i < array.size(); i++) {
        int at = i;
        element(items, path.at(i), wrong -> array.getList().set(at, wrong), found);
        inside(array.getValue(i), items, path.at(i), found);
      }
    }
  }

  private void insideObject(JsonObject object, JsonObject schema, Path path, List<Mutation> found) {
    var properties = schema.getJsonObject("properties");
    for (var name : object.fieldNames()) {
      var inner =
          properties == null
              ? schema.getJsonObject("additionalProperties")
              : properties.getJsonObject(name);
      var at = properties == null ? path.key(name) : path.field(name);
      element(inner, at, wrong -> object.put(name, wrong), found);
      list(
          object.getValue(name),
          contract.resolve(inner),
          at,
          wrong -> object.put(name, wrong),
          found);
      inside(object.getValue(name), inner, at, found);
    }
    if (properties == null) {
      int most = schema.getInteger("maxProperties");
      found.add(new Mutation("too many entries", path, () -> fill(object, most + 1)));
      found.add(new Mutation("an empty key", path.key(""), () -> object.put("", "x")));
      return;
    }
    found.add(new Mutation("an unknown name", path.field("zzz"), () -> object.put("zzz", 1)));
    for (var name : schema.getJsonArray("required", new JsonArray())) {
      found.add(
          new Mutation(
              "a missing one", path.field((String) name), () -> object.remove((String) name)));
    }
    if (schema.getInteger("maxProperties", 0) == 1) {
      found.add(new Mutation("none of the choices", path, object::clear));
      found.add(
          new Mutation(
              "two of the choices",
              path,
              () -> {
                object.clear();
                object.put("range", new JsonObject().put("attribute", "a").put("at_most", 1));
                object.put("equal", new JsonObject().put("attribute", "a").put("value", 1));
              }));
    }
  }

  private static void fill(JsonObject map, int entries) {
    for (int i = 0; i < entries; i++) {
      map.put("entry " + i, "x");
    }
  }

  /** What may be wrong with one value, wherever it stands. */
  private void element(
      JsonObject pointer, Path path, Consumer<@Nullable Object> set, List<Mutation> found) {
    var schema = contract.resolve(pointer);
    var type = schema.containsKey("oneOf") ? "scalar" : schema.getString("type");
    var ofOtherTypes =
        Map.<String, List<Object>>of(
            "object", List.of("x", 1, true, new JsonArray()),
            "array", List.of("x", 1, false, new JsonObject()),
            "string", List.of(1, true, new JsonArray(), new JsonObject()),
            "integer", List.of("x", true, 1.5, new JsonArray(), new JsonObject()),
            "number", List.of("x", "1", true, new JsonArray(), new JsonObject()),
            "boolean", List.of("true", 1, new JsonArray(), new JsonObject()),
            "scalar", List.of(new JsonArray(), new JsonObject()));
    var others = Objects.requireNonNull(ofOtherTypes.get(type), type);
    var other = others.get(random.nextInt(others.size()));
    found.add(new Mutation("the wrong type: " + other, path, () -> set.accept(other)));
    switch (type) {
      case "integer" -> {
        beyond(schema.getLong("minimum") - 1, path, set, found);
        beyond(schema.getLong("maximum") + 1, path, set, found);
      }
      case "number" -> {
        if (schema.containsKey("exclusiveMinimum")) {
          beyond(schema.getDouble("exclusiveMinimum"), path, set, found);
        }
        if (schema.getDouble("maximum") < Double.MAX_VALUE / 2) {
          beyond(schema.getDouble("maximum") * 1.5, path, set, found);
        }
      }
      case "string" -> {
        if (schema.containsKey("enum")) {
          beyond("zzz", path, set, found);
        } else {
          beyond("x".repeat(schema.getInteger("maxLength") + 1), path, set, found);
        }
        if (schema.containsKey("pattern")) {
          beyond("a b", path, set, found);
        }
        if (schema.getInteger("minLength", 0) > 0) {
          beyond("", path, set, found);
        }
      }
      default -> {}
    }
  }

  private static void beyond(
      Object value, Path path, Consumer<@Nullable Object> set, List<Mutation> found) {
    found.add(new Mutation("beyond its bound: " + value, path, () -> set.accept(value)));
  }

  private static void list(
      Object value,
      JsonObject schema,
      Path path,
      Consumer<@Nullable Object> set,
      List<Mutation> found) {
    if (!(value instanceof JsonArray array)) {
      return;
    }
    if (schema.getInteger("minItems", 0) > 0) {
      found.add(new Mutation("too few", path, () -> set.accept(new JsonArray())));
    }
    if (schema.containsKey("maxItems") && !array.isEmpty()) {
      int most = schema.getInteger("maxItems");
      found.add(
          new Mutation(
              "too many",
              path,
              () -> {
                var first = array.getValue(0);
                while (array.size() <= most) {
                  array.add(first instanceof JsonObject o ? o.copy() : first);
                }
              }));
    }
  }

  /** One thing wrong, and the field that an error should name. */
  record Mutation(String kind, Path field, Runnable apply) {

    /** Of an empty or crowded choice of conditions the error may name the whole condition. */
    boolean isNamedBy(String errorField) {
      var path = field.toString();
      return errorField.equals(path)
          || (kind.startsWith("too ")
              && path.matches(".*\\.(all|any)")
              && path.startsWith(errorField));
    }

    @Override
    public String toString() {
      return kind + " at " + field;
    }
  }
}
