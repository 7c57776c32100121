package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.Validator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** An OpenAPI document as a caller's tool reads it. */
final class Contract {

  private final JsonObject document;
  private final Map<String, Validator> validators = new HashMap<>();

  Contract(JsonObject document) {
    this.document = document;
  }

  JsonObject document() {
    return document;
  }

  /** Path, then method in capitals, then the operation. */
  List<Operation> operations() {
    return document.getJsonObject("paths").stream()
        .flatMap(
            path ->
                ((JsonObject) path.getValue())
                    .stream()
                        .map(
                            method ->
                                new Operation(
                                    method.getKey().toUpperCase(Locale.ROOT),
                                    path.getKey(),
                                    (JsonObject) method.getValue())))
        .toList();
  }

  /** The schema, or what it points to. */
  JsonObject resolve(JsonObject schema) {
    var pointer = schema.getString("$ref");
    if (pointer == null) {
      return schema;
    }
    assertTrue(pointer.startsWith("#/"), pointer);
    var at = document;
    for (var step : pointer.substring(2).split("/", -1)) {
      at = at.getJsonObject(step);
      assertTrue(at != null, () -> "nothing at " + pointer);
    }
    return at;
  }

  /** What is wrong with a value, empty where nothing is. */
  Optional<String> wrong(Object value, JsonObject schema) {
    var result =
        validators
            .computeIfAbsent(
                schema.encode(),
                _ ->
                    Validator.create(
                        JsonSchema.of(copyWithComponents(schema)),
                        new JsonSchemaOptions()
                            .setBaseUri("https://trawl.test/")
                            .setDraft(Draft.DRAFT202012)
                            .setOutputFormat(OutputFormat.Basic)))
            .validate(value);
    return result.getValid()
        ? Optional.empty()
        : Optional.of(result.toJson().encodePrettily() + "\nof " + value);
  }

  /** The validator writes into what it is given. */
  private JsonObject copyWithComponents(JsonObject schema) {
    return schema.copy().put("components", document.getJsonObject("components").copy());
  }

  /** Holds an answer against what the document says of its operation. */
  void check(Operation operation, Gateway.Answer answer) {
    var responses = operation.body().getJsonObject("responses");
    var response =
        resolve(
            responses.getJsonObject(
                String.valueOf(answer.status()), responses.getJsonObject("default")));
    for (var header : response.getJsonObject("headers", new JsonObject())) {
      var value = answer.header(header.getKey());
      var described = resolve((JsonObject) header.getValue());
      var schema = resolve(described.getJsonObject("schema"));
      if (value.isEmpty()) {
        assertTrue(
            !described.getBoolean("required", false), () -> "no " + header.getKey() + operation);
      } else {
        Object typed =
            schema.getString("type").equals("integer") ? (Object) Long.valueOf(value) : value;
        assertValid(typed, schema, operation + " " + header.getKey());
      }
    }
    var content = response.getJsonObject("content").getJsonObject(answer.header("content-type"));
    assertTrue(
        content != null,
        () -> operation + " " + answer.status() + " has " + answer.header("content-type"));
    var events = content.getJsonObject("x-event-data");
    if (events == null) {
      var isJson = answer.header("content-type").endsWith("json");
      assertValid(
          isJson ? answer.json() : answer.text(),
          content.getJsonObject("schema"),
          operation + " " + answer.status());
      return;
    }
    for (var event : answer.text().strip().split("\n\n", -1)) {
      var lines = event.split("\n", -1);
      var name = lines[0].substring("event: ".length());
      assertValid(
          new JsonObject(lines[1].substring("data: ".length())),
          events.getJsonObject(name),
          operation + " " + name);
    }
  }

  void assertValid(Object value, JsonObject schema, String what) {
    var wrong = wrong(value, schema);
    assertTrue(wrong.isEmpty(), () -> what + " breaks its schema: " + wrong.orElse(""));
  }

  /**
   * @param method in capitals
   */
  record Operation(String method, String path, JsonObject body) {

    JsonObject requestSchema() {
      return body.getJsonObject("requestBody")
          .getJsonObject("content")
          .getJsonObject("application/json")
          .getJsonObject("schema");
    }

    boolean takesBody() {
      return body.containsKey("requestBody");
    }

    JsonArray parameters() {
      return body.getJsonArray("parameters");
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }
}
