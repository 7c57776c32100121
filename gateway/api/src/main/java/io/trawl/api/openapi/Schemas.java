package io.trawl.api.openapi;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.trawl.api.check.FieldRules;
import io.trawl.api.codec.JsonDecoder;
import io.trawl.api.codec.JsonEncoder;
import io.trawl.api.v1.BatchResult;
import io.trawl.api.v1.RetrieveUpdate;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON Schemas of the messages of the API, as {@link JsonDecoder} takes them and {@link
 * JsonEncoder} gives them. Each message is one named schema that the others point to.
 */
final class Schemas {

  static final String PLACE = "#/components/schemas/";

  private final ApiSource source;
  private final FieldRules rules;
  private final Map<String, JsonObject> schemas = new TreeMap<>();
  private final Map<Descriptor, Boolean> asked = new HashMap<>();

  Schemas(ApiSource source, FieldRules rules) {
    this.source = source;
    this.rules = rules;
  }

  /** A pointer to the schema of a message that callers send. */
  JsonObject request(Descriptor message) {
    return reference(message, true);
  }

  /** A pointer to the schema of a message that callers get. */
  JsonObject answer(Descriptor message) {
    return reference(message, false);
  }

  /** Every schema that is pointed to, by name. */
  JsonObject all() {
    var all = new JsonObject();
    schemas.forEach(all::put);
    return all;
  }

  private JsonObject reference(Descriptor message, boolean request) {
    var name = name(message);
    var before = asked.putIfAbsent(message, request);
    if (before == null) {
      schemas.put(name, message(message, request));
    } else if (before != request) {
      // Whether a field must be there depends on the direction.
      throw new IllegalStateException(message.getFullName() + " goes both in and out");
    }
    return new JsonObject().put("$ref", PLACE + name);
  }

  private JsonObject message(Descriptor message, boolean request) {
    var schema = new JsonObject().put("type", "object");
    describe(schema, message.getFullName());
    var properties = new JsonObject();
    var always = new JsonArray();
    for (var field : message.getFields()) {
      properties.put(field.getName(), field(field, request));
      if (!field.hasPresence()) {
        always.add(field.getName());
      }
    }
    schema.put("properties", properties);
    if (!request && !always.isEmpty()) {
      schema.put("required", always);
    }
    schema.put("additionalProperties", false);
    if (request) {
      rules.print(message, schema);
    } else if (message.equals(BatchResult.getDescriptor())) {
      schema.put("minProperties", 1).put("maxProperties", 1);
    } else if (message.equals(RetrieveUpdate.getDescriptor())) {
      schema.put(
          "oneOf",
          new JsonArray()
              .add(FieldRules.having("list", "objective_index"))
              .add(FieldRules.having("answer")));
    }
    return schema;
  }

  private JsonObject field(FieldDescriptor field, boolean request) {
    JsonObject schema;
    if (field.isMapField()) {
      var value = field.getMessageType().findFieldByName("value");
      schema =
          new JsonObject().put("type", "object").put("additionalProperties", value(value, request));
    } else if (field.isRepeated()) {
      schema = new JsonObject().put("type", "array").put("items", value(field, request));
    } else {
      schema = value(field, request);
    }
    describe(schema, field.getFullName());
    rules.print(field, schema);
    return schema;
  }

  private JsonObject value(FieldDescriptor field, boolean request) {
    return switch (field.getJavaType()) {
      case STRING -> new JsonObject().put("type", "string");
      case BOOLEAN -> new JsonObject().put("type", "boolean");
      case INT -> whole("int32", Integer.MIN_VALUE, Integer.MAX_VALUE);
      case LONG -> whole("int64", -FieldRules.MAX_EXACT, FieldRules.MAX_EXACT);
      case FLOAT -> new JsonObject().put("type", "number").put("format", "float");
      case DOUBLE -> new JsonObject().put("type", "number").put("format", "double");
      case MESSAGE ->
          switch (field.getMessageType().getFullName()) {
            case "google.protobuf.Value" -> scalar();
            case "google.protobuf.ListValue" ->
                new JsonObject().put("type", "array").put("items", scalar());
            default -> reference(field.getMessageType(), request);
          };
      case ENUM, BYTE_STRING ->
          throw new IllegalStateException(field.getFullName() + " has a type no JSON is read as");
    };
  }

  private static JsonObject whole(String format, long least, long most) {
    return new JsonObject()
        .put("type", "integer")
        .put("format", format)
        .put("minimum", least)
        .put("maximum", most);
  }

  private static JsonObject scalar() {
    var kinds = new JsonArray();
    for (var type : new String[] {"string", "number", "boolean"}) {
      kinds.add(new JsonObject().put("type", type));
    }
    return new JsonObject().put("oneOf", kinds);
  }

  private void describe(JsonObject schema, String fullName) {
    var comment = source.comment(fullName);
    if (!comment.isEmpty()) {
      schema.put("description", comment);
    }
  }

  /** {@code Filter.Equal} for trawl.v1.Filter.Equal. */
  private static String name(Descriptor message) {
    return message.getFullName().substring(message.getFile().getPackage().length() + 1);
  }
}
