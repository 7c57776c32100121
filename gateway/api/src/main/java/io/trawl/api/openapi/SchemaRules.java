package io.trawl.api.openapi;

import io.trawl.api.check.ApiLimits;
import io.trawl.api.check.QueryChecker;
import io.trawl.api.check.RequestIds;
import io.trawl.domain.RequestBounds;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What the checkers ask of a request's fields beyond their types, as JSON Schema says it. What it
 * cannot say (bounds between fields, how deep filters nest) stands in the fields' descriptions.
 */
final class SchemaRules {

  private static final int MAX_WEIGHT = 1_000_000;

  private final ApiLimits limits;
  private final Map<String, Consumer<JsonObject>> rules = new HashMap<>();

  SchemaRules(ApiLimits limits) {
    this.limits = limits;
    common("RetrieveRequest");
    common("SimilarRequest");
    common("SearchRequest");
    retrieve();
    user();
    engine();
    filter();
    add("RetrieveBatchRequest", required("requests"));
    add("RetrieveBatchRequest.requests", size(1, limits.maxBatch()));
    add("RetrieveBatchRequest.request_id", SchemaRules::requestId);
    add("SimilarRequest", required("items"));
    add("SimilarRequest.items", ids(1, limits.maxSimilarItems()));
    add("SimilarRequest.unlike", ids(0, limits.maxSimilarItems()));
    add("SimilarRequest.on_missing", oneOf("skip", "fail"));
    add("SearchRequest", required("query_vectors"));
    add("SearchRequest.query_vectors", size(1, limits.maxQueryVectors()));
    add("QueryVector", required("values"));
    add(
        "QueryVector.values",
        items(range(-QueryChecker.MAX_COMPONENT, QueryChecker.MAX_COMPONENT)));
    add("BatchResult", SchemaRules::exactlyOne);
    add(
        "RetrieveUpdate",
        schema ->
            schema.put(
                "oneOf",
                new JsonArray().add(having("list", "objective_index")).add(having("answer"))));
  }

  /**
   * Adds what is known to a schema made from the descriptor alone.
   *
   * @param fullName of the message or field
   */
  void apply(String fullName, JsonObject schema) {
    var rule = rules.get(fullName);
    if (rule != null) {
      rule.accept(schema);
    }
  }

  private void common(String request) {
    add(
        request + ".k",
        range(1, limits.maxK()).andThen(schema -> schema.put("default", limits.defaultK())));
    add(request + ".excluded_items", ids(0, limits.maxExcludedItems()));
    add(
        request + ".deadline_ms",
        range(0, limits.maxDeadline().toMillis())
            .andThen(schema -> schema.put("default", limits.defaultDeadline().toMillis())));
    add(request + ".request_id", SchemaRules::requestId);
  }

  private void retrieve() {
    add("RetrieveRequest", required("objectives"));
    add("RetrieveRequest.objectives", size(1, limits.maxObjectives()));
    add("RetrieveRequest.now", range(0, RequestBounds.MAX_TIME_S));
    add("RetrieveRequest.on_missing", oneOf("skip", "fail"));
    add("ObjectiveRequest", required("name"));
    add("ObjectiveRequest.name", text(1, limits.maxIdChars()));
    add("ObjectiveRequest.text", text(0, limits.maxTextChars()));
    add(
        "ObjectiveRequest.weight",
        schema -> schema.put("exclusiveMinimum", 0).put("maximum", MAX_WEIGHT));
    add("ObjectiveRequest.quota", range(0, limits.maxK()));
    add("Merge.by", oneOf("rank", "score"));
  }

  private void user() {
    add("User.id", text(0, limits.maxIdChars()));
    add(
        "User.profile",
        schema -> {
          schema.put("maxProperties", limits.maxProfileEntries());
          schema.put(
              "propertyNames",
              new JsonObject().put("minLength", 1).put("maxLength", limits.maxTextChars()));
          schema.getJsonObject("additionalProperties").put("maxLength", limits.maxTextChars());
        });
    add("User.history", size(0, limits.maxHistory()));
    add("Behaviour", required("item"));
    add("Behaviour.item", text(1, limits.maxIdChars()));
    add("Behaviour.action", text(0, limits.maxIdChars()));
    add("Behaviour.time", range(0, RequestBounds.MAX_TIME_S));
  }

  private void engine() {
    add("Engine.engine", text(1, limits.maxIdChars()));
    add("Engine.rounds", range(1, limits.maxRounds()));
    add("Engine.sample", range(1, limits.maxSample()));
    add("Engine.keep", range(1, limits.maxKeep()));
    add("Engine.neighbours", range(1, limits.maxNeighbours()));
  }

  private void filter() {
    add("Filter", SchemaRules::exactlyOne);
    add("Filter.all", size(1, limits.maxFilterConditions()));
    add("Filter.any", size(1, limits.maxFilterConditions()));
    add("Filter.Equal", required("attribute", "value"));
    add("Filter.Equal.attribute", text(1, limits.maxIdChars()));
    add("Filter.Equal.value", this::scalar);
    add("Filter.In", required("attribute", "values"));
    add("Filter.In.attribute", text(1, limits.maxIdChars()));
    add("Filter.In.values", size(1, limits.maxFilterValues()).andThen(items(this::scalar)));
    add(
        "Filter.Range",
        required("attribute")
            .andThen(
                schema ->
                    schema.put(
                        "anyOf", new JsonArray().add(having("at_least")).add(having("at_most")))));
    add("Filter.Range.attribute", text(1, limits.maxIdChars()));
    add("Filter.Range.at_least", range(-Double.MAX_VALUE, Double.MAX_VALUE));
    add("Filter.Range.at_most", range(-Double.MAX_VALUE, Double.MAX_VALUE));
  }

  private void scalar(JsonObject schema) {
    for (var kind : schema.getJsonArray("oneOf")) {
      var one = (JsonObject) kind;
      switch (one.getString("type")) {
        case "string" -> one.put("maxLength", limits.maxTextChars());
        case "number" -> range(-Double.MAX_VALUE, Double.MAX_VALUE).accept(one);
        default -> {}
      }
    }
  }

  private void add(String name, Consumer<JsonObject> rule) {
    rules.put("trawl.v1." + name, rule);
  }

  private static Consumer<JsonObject> range(Number least, Number most) {
    return schema -> schema.put("minimum", least).put("maximum", most);
  }

  private static Consumer<JsonObject> text(int leastChars, int mostChars) {
    return schema -> {
      if (leastChars > 0) {
        schema.put("minLength", leastChars);
      }
      schema.put("maxLength", mostChars);
    };
  }

  private static Consumer<JsonObject> size(int least, int most) {
    return schema -> {
      if (least > 0) {
        schema.put("minItems", least);
      }
      schema.put("maxItems", most);
    };
  }

  private Consumer<JsonObject> ids(int least, int most) {
    return size(least, most).andThen(items(text(1, limits.maxIdChars())));
  }

  private static Consumer<JsonObject> items(Consumer<JsonObject> rule) {
    return schema -> rule.accept(schema.getJsonObject("items"));
  }

  private static Consumer<JsonObject> oneOf(String... values) {
    return schema -> schema.put("enum", new JsonArray(List.of(values)));
  }

  private static Consumer<JsonObject> required(String... fields) {
    return schema -> schema.put("required", new JsonArray(List.of(fields)));
  }

  private static JsonObject having(String... fields) {
    return new JsonObject().put("required", new JsonArray(List.of(fields)));
  }

  private static void exactlyOne(JsonObject schema) {
    schema.put("minProperties", 1).put("maxProperties", 1);
  }

  /** An empty one is as good as none. */
  private static void requestId(JsonObject schema) {
    schema.put("pattern", RequestIds.PATTERN_OR_EMPTY).put("maxLength", RequestIds.MAX_CHARS);
  }
}
