package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.api.Contract.Operation;
import io.trawl.api.call.ApiCall;
import io.trawl.api.call.ApiOptions;
import io.trawl.api.call.CallEnding;
import io.trawl.api.check.ApiLimits;
import io.trawl.api.openapi.ApiSource;
import io.trawl.api.openapi.OpenApi;
import io.trawl.api.v1.RetrievalProto;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the document promises the server does, and what the server does the document promises: both
 * are asked over the wire, with documents that people write and with ones made at random.
 */
class OpenApiTest {

  private static final Set<String> METHODS =
      Set.of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD");

  private static final Map<String, String> JSON = Map.of("content-type", "application/json");

  private static final int RANDOM_DOCUMENTS = Integer.getInteger("trawl.documents", 40);

  private static final Gateway GATEWAY = new Gateway(limits(), options());
  private static Contract contract = new Contract(new JsonObject());

  /** Small, but for what would hide another bound. */
  private static ApiLimits limits() {
    var small = TestLimits.small();
    return new ApiLimits(
        small.counts(),
        small.texts(),
        new ApiLimits.Filters(1000, 16, 1000, small.filters().maxFilterValues(), 1000),
        small.exploration(),
        new ApiLimits.Messages(4 << 20, 64),
        small.deadlines());
  }

  private static ApiOptions options() {
    return Gateway.options(1, 64, Duration.ofSeconds(30));
  }

  @BeforeAll
  static void read() {
    contract = new Contract(GATEWAY.get("/openapi.json").json());
    var any = new FakeRetriever();
    GATEWAY.retriever.script(
        (request, deadline, cancellation) ->
            any.retrieve(forNextItem(request), deadline, cancellation));
  }

  /** Objectives of random names are the space's business and not the document's. */
  private static RetrievalRequest forNextItem(RetrievalRequest request) {
    return new RetrievalRequest(
        request.id(),
        request.user(),
        request.objectives().stream()
            .map(one -> new ObjectiveRequest("next-item", one.text(), one.weight(), one.quota()))
            .toList(),
        request.k(),
        request.choice(),
        request.now(),
        request.engine(),
        request.answering());
  }

  @AfterAll
  static void stop() {
    GATEWAY.close();
  }

  private static Operation operation(String path) {
    return contract.operations().stream()
        .filter(one -> one.path().equals(path))
        .findFirst()
        .orElseThrow();
  }

  private static Gateway.Answer post(Operation operation, JsonObject body) {
    return GATEWAY.send(
        operation.method(), operation.path(), body.encode().getBytes(StandardCharsets.UTF_8), JSON);
  }

  @Test
  void everyPathIsServedByItsMethodsAndByNoOther() {
    var methodsByPath =
        contract.operations().stream()
            .collect(
                Collectors.groupingBy(
                    Operation::path,
                    Collectors.mapping(Operation::method, Collectors.toCollection(TreeSet::new))));
    methodsByPath.forEach(
        (path, methods) -> {
          for (var method : METHODS) {
            var answer = GATEWAY.send(method, path.replace("{id}", "B01"), new byte[0], Map.of());
            assertEquals(methods.contains(method), answer.status() != 405, method + " " + path);
            if (answer.status() == 405) {
              assertEquals(String.join(", ", methods), answer.header("allow"));
            } else {
              assertTrue(answer.status() == 200 || answer.status() == 415, answer.text());
            }
          }
        });
  }

  @Test
  void everyRouteAndEveryCallIsInTheDocument() {
    assertEquals(
        Stream.concat(
                ApiCall.TABLE.stream().map(call -> call.method() + " " + call.path()),
                OpenApi.documents(TestLimits.small()).stream().map(one -> "GET " + one.path()))
            .collect(Collectors.toSet()),
        contract.operations().stream().map(Operation::toString).collect(Collectors.toSet()));
    var source = ApiSource.read();
    for (var rpc : RetrievalProto.getDescriptor().findServiceByName("Retrieval").getMethods()) {
      var operation =
          contract.operations().stream()
              .filter(
                  one ->
                      ("trawl.v1.Retrieval/" + rpc.getName())
                          .equals(one.body().getString("x-grpc")))
              .findFirst()
              .orElseThrow(() -> new AssertionError(rpc.getName() + " has no path"));
      assertTrue(
          source.comment(rpc.getFullName()).contains("HTTP: " + operation),
          () -> "the comment of " + rpc.getName() + " lacks HTTP: " + operation);
    }
  }

  @Test
  void everyEndingIsDescribedAndEveryPointerLeadsSomewhere() {
    var described = contract.document().getJsonObject("components").getJsonObject("responses");
    for (var ending : CallEnding.values()) {
      assertEquals(
          ending != CallEnding.ANSWERED
              && ending != CallEnding.CANCELLED
              && ending != CallEnding.UNKNOWN_MODEL
              && !ending.isOfAdminPort(),
          described.containsKey(ending.label()),
          ending.label());
    }
    everyObject(contract.document(), contract::resolve);
    for (var response : described) {
      var content =
          ((JsonObject) response.getValue())
              .getJsonObject("content")
              .getJsonObject("application/problem+json");
      contract.assertValid(
          content.getJsonObject("example"), content.getJsonObject("schema"), response.getKey());
    }
  }

  /** A new field cannot be forgotten: without a rule it has no bound. */
  @Test
  void everyFieldOfARequestIsDescribedAndBounded() {
    for (var operation : contract.operations()) {
      if (operation.takesBody()) {
        everyField(operation.requestSchema(), operation.toString(), new TreeSet<>());
      }
    }
  }

  private static void everyField(JsonObject pointer, String at, Set<String> seen) {
    var schema = contract.resolve(pointer);
    if (pointer.containsKey("$ref") && !seen.add(pointer.getString("$ref"))) {
      return;
    }
    for (var kind : schema.getJsonArray("oneOf", new JsonArray())) {
      everyField((JsonObject) kind, at, seen);
    }
    switch (schema.getString("type", "oneOf")) {
      case "object" -> {
        if (schema.getValue("additionalProperties") instanceof JsonObject values) {
          assertTrue(schema.containsKey("maxProperties"), at);
          everyField(values, at, seen);
          return;
        }
        assertEquals(false, schema.getValue("additionalProperties"), at);
        schema
            .getJsonObject("properties")
            .forEach(one -> everyField((JsonObject) one.getValue(), at + "." + one.getKey(), seen));
      }
      case "array" -> {
        // As wide as the space's item vectors, which no document can know.
        assertTrue(schema.containsKey("maxItems") || at.endsWith("query_vectors.values"), at);
        everyField(schema.getJsonObject("items"), at, seen);
      }
      case "string" ->
          assertTrue(schema.containsKey("maxLength") || schema.containsKey("enum"), at);
      case "integer", "number" -> {
        assertTrue(schema.containsKey("maximum"), at);
        assertTrue(schema.containsKey("minimum") || schema.containsKey("exclusiveMinimum"), at);
      }
      default -> {}
    }
  }

  private static void everyObject(Object value, Consumer<JsonObject> visit) {
    if (value instanceof JsonObject object) {
      visit.accept(object);
      object.forEach(entry -> everyObject(entry.getValue(), visit));
    } else if (value instanceof JsonArray array) {
      array.forEach(element -> everyObject(element, visit));
    }
  }

  @Test
  void theProtoIsServedAsItIsWritten() throws IOException {
    var served = GATEWAY.get("/trawl/v1/retrieval.proto");
    assertEquals("text/plain; charset=utf-8", served.header("content-type"));
    assertEquals(
        Files.readString(
            java.nio.file.Path.of("../proto/src/main/protobuf/trawl/v1/retrieval.proto")),
        served.text());
  }

  @Test
  void theDocumentSpeaksTheProtosWords() {
    var k =
        contract
            .resolve(operation("/v1/retrieve").requestSchema())
            .getJsonObject("properties")
            .getJsonObject("k");
    assertEquals(
        new JsonObject(
            """
            {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100, "default": 10,
             "description": "Items wanted per objective, 1 to the configured bound (1000). Not \
            given: the configured default (10)."}
            """),
        k);
    assertTrue(
        operation("/v1/retrieve:batch")
            .body()
            .getString("description")
            .startsWith("Retrieve for several users in one call."));
    assertTrue(
        contract.document().getJsonObject("info").getString("description").contains("snake_case"));
  }

  /** Answers of all kinds of calls, good and bad. */
  @Test
  void realCallsAndTheirAnswersKeepToTheDocument() {
    var filter =
        """
        {"all": [{"equal": {"attribute": "brand", "value": "Acme"}},
                 {"not": {"in": {"attribute": "size", "values": [1, true, "x"]}}},
                 {"range": {"attribute": "price", "at_most": 2.5}}]}
        """;
    var full =
        """
        {"user": {"id": "u", "profile": {"age": "30"},
                  "history": [{"item": "B01", "action": "click", "time": 1700000000}]},
         "objectives": [{"name": "next-item", "weight": 2, "quota": 1}], "k": 3, "filter": %s,
         "excluded_items": ["B02"], "exclude_history": true, "engine": {"engine": "explore"},
         "explain": true, "on_missing": "fail", "merge": {"by": "score"}, "now": 1700000000}
        """
            .formatted(filter);
    var good =
        Map.of(
            "/v1/retrieve", List.of(full, "{\"objectives\":[{\"name\":\"next-item\"}]}"),
            "/v1/retrieve:stream", List.of(full),
            "/v1/retrieve:batch", List.of("{\"requests\":[%s,%s]}".formatted(full, full)),
            "/v1/similar", List.of("{\"items\":[\"B01\"],\"unlike\":[\"B02\"],\"explain\":true}"),
            "/v1/search", List.of("{\"query_vectors\":[{\"values\":[1,0.5]}],\"k\":2}"));
    good.forEach(
        (path, bodies) -> {
          for (var body : bodies) {
            var operation = operation(path);
            contract.assertValid(new JsonObject(body), operation.requestSchema(), path);
            var answer = post(operation, new JsonObject(body));
            assertEquals(200, answer.status(), answer.text());
            contract.check(operation, answer);
          }
          for (var bad : List.of("{}", "[]", "{", "", "{\"x\":1}")) {
            var answer = GATEWAY.send("POST", path, bad.getBytes(StandardCharsets.UTF_8), JSON);
            assertEquals(400, answer.status(), path + bad);
            contract.check(operation(path), answer);
          }
          contract.check(
              operation(path),
              GATEWAY.send("POST", path, new byte[0], Map.of("x-request-id", "a")));
        });
    for (var path : List.of("/v1/objectives", "/openapi.json", "/trawl/v1/retrieval.proto")) {
      contract.check(operation(path), GATEWAY.get(path));
      contract.check(operation(path), GATEWAY.send("PUT", path, new byte[0], Map.of()));
    }
    for (var id : List.of("B01", "none", "%FF", "")) {
      contract.check(operation("/v1/items/{id}"), GATEWAY.get("/v1/items/" + id));
    }
  }

  @Test
  void everyOutcomeOfThePipelineKeepsToTheDocument() {
    try (var other = new Gateway()) {
      var body = "{\"objectives\":[{\"name\":\"next-item\"}]}".getBytes(StandardCharsets.UTF_8);
      for (var outcome :
          List.of(
              new RetrievalOutcome.Shed("the queue is full", Duration.ofMillis(1500)),
              new RetrievalOutcome.Expired("backbone"),
              new RetrievalOutcome.EncodeFailed("no worker"),
              new RetrievalOutcome.SearchFailed("Milvus took too long"),
              new RetrievalOutcome.Failed())) {
        other.retriever.endWith(outcome);
        for (var path : List.of("/v1/retrieve", "/v1/retrieve:stream", "/v1/retrieve:batch")) {
          var sent = path.endsWith("batch") ? batchOf(body) : body;
          var answer = other.send("POST", path, sent, JSON);
          assertTrue(
              operation(path).body().getJsonObject("responses").containsKey("" + answer.status()),
              () -> path + " answers " + answer.status());
          contract.check(operation(path), answer);
        }
      }
    }
  }

  private static byte[] batchOf(byte[] request) {
    return ("{\"requests\":[" + new String(request, StandardCharsets.UTF_8) + "]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/retrieve",
        "/v1/retrieve:batch",
        "/v1/retrieve:stream",
        "/v1/similar",
        "/v1/search"
      })
  void theServerTakesWhatTheSchemaAllowsAndNamesWhatItForbids(String path) {
    long seed = Long.getLong("trawl.seed", new Random().nextLong());
    var random = new Random(seed);
    var documents = new SchemaDocuments(contract, random);
    var operation = operation(path);
    var schema = operation.requestSchema();
    for (int i = 0; i < RANDOM_DOCUMENTS; i++) {
      var document = documents.valid(schema);
      var what = "-Dtrawl.seed=" + seed + " document " + i + " " + document.encode();
      contract.assertValid(document, schema, what);
      var answer = post(operation, document);
      contract.check(operation, answer);
      assertFalse(Set.of(400, 404, 413, 415).contains(answer.status()), what + answer.text());
      assertEquals(List.of(), refusals(answer), what);

      var mutations = new ArrayList<>(documents.mutations(document, schema));
      // How wide a vector must be is the space's to say.
      mutations.removeIf(one -> one.toString().matches("a missing one at query_vectors.*"));
      var mutation = mutations.get(random.nextInt(mutations.size()));
      mutation.apply().run();
      var broken = what + " with " + mutation;
      assertTrue(contract.wrong(document, schema).isPresent(), broken);
      var refused = post(operation, document);
      contract.check(operation, refused);
      var named = refused.status() == 400 ? fields(refused.json(), "") : refusals(refused);
      assertTrue(
          named.stream().anyMatch(mutation::isNamedBy),
          () -> broken + " got " + refused.status() + refused.text());
    }
  }

  /** The fields that the refusals of a batch's requests name, as the batch would name them. */
  private static List<String> refusals(Gateway.Answer answer) {
    List<String> fields = new ArrayList<>();
    if (answer.status() != 200 || answer.header("content-type").equals("text/event-stream")) {
      return fields;
    }
    var results = answer.json().getJsonArray("results", new JsonArray());
    for (int i = 0; i < results.size(); i++) {
      var refusal = results.getJsonObject(i).getJsonObject("refusal");
      if (refusal != null) {
        fields.addAll(fields(refusal, "requests[" + i + "]."));
      }
    }
    return fields;
  }

  private static List<String> fields(JsonObject problem, String before) {
    assertNotNull(problem.getJsonArray("errors", new JsonArray()));
    return problem.getJsonArray("errors", new JsonArray()).stream()
        .map(error -> before + ((JsonObject) error).getString("field"))
        .toList();
  }
}
