package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.trawl.api.codec.JsonEncoder;
import io.trawl.api.v1.QueryVector;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveBatchResponse;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call says the same of the same mistake over both protocols, and names its field. */
class CallsBadInputTest {

  private final Gateway gateway = new Gateway();

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @MethodSource
  void namesTheField(String path, String method, Message.Builder request, String json, String error)
      throws IOException {
    var overHttp =
        gateway.send(
            "POST",
            path,
            json.getBytes(StandardCharsets.UTF_8),
            Map.of("content-type", "application/json"));
    assertEquals(400, overHttp.status(), overHttp.text());
    assertEquals(List.of(error), overHttp.errors());

    JsonFormat.parser().merge(json, request);
    var overGrpc = gateway.call(method, request.build());
    assertEquals("3", overGrpc.code());
    assertEquals(List.of(error), overGrpc.errors());
  }

  static List<Arguments> namesTheField() {
    return List.of(
        batch("{}", "requests: is empty; expected 1 to 4 requests"),
        batch(
            "{\"requests\": " + Collections.nCopies(5, "{}") + "}",
            "requests: has 5 requests; expected at most 4"),
        batch(
            "{\"requests\": [{}], \"request_id\": \"a b\"}",
            "request_id: is \"a b\"; expected 1 to 128 of the characters"
                + " A-Z a-z 0-9 . _ : / + = @ -"),
        similar("{}", "items: is empty; expected 1 to 3 ids"),
        similar(
            "{\"items\": [\"a\", \"b\", \"c\", \"d\"]}", "items: has 4 ids; expected at most 3"),
        similar("{\"items\": [\"a\", \"\"]}", "items[1]: is empty; expected a text"),
        similar(
            "{\"items\": [\"a\"], \"unlike\": [\"a\", \"b\", \"c\", \"d\"]}",
            "unlike: has 4 ids; expected at most 3"),
        similar(
            "{\"items\": [\"a\"], \"on_missing\": \"ignore\"}",
            "on_missing: is \"ignore\"; expected skip or fail"),
        similar("{\"items\": [\"a\"], \"k\": 101}", "k: is 101; expected 1 to 100"),
        search("{}", "query_vectors: is empty; expected 1 to 4 query vectors"),
        search(
            "{\"query_vectors\": [{}, {}, {}, {}, {}]}",
            "query_vectors: has 5 query vectors; expected at most 4"),
        search(
            "{\"query_vectors\": [{}], \"engine\": {\"rounds\": 0}}",
            "engine.rounds: is 0; expected 1 to 8"),
        retrieve(
            "\"objectives\": [{\"name\": \"a\", \"weight\": 2}]",
            "objectives[0].weight: is given without merge"),
        retrieve(
            "\"objectives\": [{\"name\": \"a\", \"quota\": 0}]",
            "objectives[0].quota: is given without merge"),
        retrieve(
            "\"objectives\": [{\"name\": \"a\", \"weight\": 0}], \"merge\": {}",
            "objectives[0].weight: is 0.0; expected above 0, at most 1000000"),
        retrieve(
            "\"objectives\": [{\"name\": \"a\", \"quota\": 6}, {\"name\": \"b\", \"quota\": 5}],"
                + " \"merge\": {}",
            "objectives: keep 11 places together; expected at most k, which is 10"),
        retrieve(
            "\"objectives\": [{\"name\": \"a\", \"quota\": -1}], \"merge\": {}",
            "objectives[0].quota: is -1; expected 0 to 10"),
        retrieve(
            "\"objectives\": [{\"name\": \"a\"}], \"merge\": {\"by\": \"sum\"}",
            "merge.by: is \"sum\"; expected rank or score"),
        retrieve(
            "\"objectives\": [{\"name\": \"a\"}], \"on_missing\": \"\"",
            "on_missing: is \"\"; expected skip or fail"));
  }

  private static Arguments batch(String json, String error) {
    return Arguments.of(
        "/v1/retrieve:batch", "RetrieveBatch", RetrieveBatchRequest.newBuilder(), json, error);
  }

  private static Arguments similar(String json, String error) {
    return Arguments.of("/v1/similar", "Similar", SimilarRequest.newBuilder(), json, error);
  }

  private static Arguments search(String json, String error) {
    return Arguments.of("/v1/search", "Search", SearchRequest.newBuilder(), json, error);
  }

  private static Arguments retrieve(String fields, String error) {
    return Arguments.of(
        "/v1/retrieve:stream", "Retrieve", RetrieveRequest.newBuilder(), "{" + fields + "}", error);
  }

  @Test
  void aNumberThatIsNoneIsNamedWhereverItComesFrom() {
    var json = "{\"query_vectors\": [{\"values\": [1]}, {\"values\": [0, 1e39]}]}";
    var overHttp = gateway.post("/v1/search", json);
    assertEquals(
        List.of(
            "query_vectors[1].values[1]: is 1e39; expected a finite number of single precision"),
        overHttp.errors());
    var message =
        SearchRequest.newBuilder()
            .addQueryVectors(QueryVector.newBuilder().addValues(1).addValues(Float.NaN))
            .build();
    assertEquals(
        List.of("query_vectors[0].values[1]: is NaN; expected a number from -1e15 to 1e15"),
        gateway.call("Search", message).errors());
  }

  @ParameterizedTest
  @ValueSource(floats = {3e38f, -1.1e15f, Float.NEGATIVE_INFINITY})
  void aQueryVectorWhoseScoresNoNumberHoldsIsRefused(float value) {
    var vector = QueryVector.newBuilder().addValues(1).addValues(value);
    var message = SearchRequest.newBuilder().addQueryVectors(vector).build();
    assertEquals(
        List.of(
            "query_vectors[0].values[1]: is " + value + "; expected a number from -1e15 to 1e15"),
        gateway.call("Search", message).errors());
  }

  /** A space's own vectors, or a backbone's, may be that long all the same. */
  @ParameterizedTest
  @ValueSource(floats = {Float.POSITIVE_INFINITY, Float.NaN})
  void aScoreThatNoNumberHoldsNeverLeaves(float score) {
    gateway.retriever.script(
        (request, _, _) ->
            Future.succeededFuture(
                new RetrievalOutcome.Answered(
                    new Retrieval(
                        request.id(), FakeRetriever.SPACE, List.of(scored(score)), Map.of()))));
    gateway.retriever.rounds(
        (_, rounds) -> {
          rounds.accept(scored(score), 0);
          return Future.succeededFuture();
        });
    var json = "{\"objectives\": [{\"name\": \"next-item\"}]}".getBytes(StandardCharsets.UTF_8);
    for (var path : List.of("/v1/retrieve", "/v1/retrieve:stream")) {
      var answer = gateway.send("POST", path, json, Map.of("content-type", "application/json"));
      assertEquals(503, answer.status(), path);
      assertEquals("scores are beyond single precision", answer.json().getString("detail"), path);
      assertEquals(List.of(), answer.errors());
    }
    var message =
        Struct.newBuilder().putFields("x", Value.newBuilder().setNumberValue(score).build());
    assertThrows(IllegalStateException.class, () -> JsonEncoder.encode(message.build()));
  }

  private static ObjectiveRetrieval scored(float score) {
    var item = new RankedItem("a", "A", score);
    return new ObjectiveRetrieval(
        "next-item",
        List.of(item),
        new ObjectiveRetrieval.Search("exact", 0, 1, 1, 1),
        0,
        List.of(),
        List.of(),
        ObjectiveRetrieval.Remarks.NONE);
  }

  @Test
  void aRefusalBearsTheRequestsOwnId() {
    var json = "{\"request_id\": \"mine\", \"items\": []}";
    var overHttp =
        gateway.send(
            "POST",
            "/v1/similar",
            json.getBytes(StandardCharsets.UTF_8),
            Map.of("content-type", "application/json", "x-request-id", "head"));
    assertEquals("mine", overHttp.header("x-request-id"));
    assertEquals("mine", overHttp.json().getString("request_id"));
    var unfit = SimilarRequest.newBuilder().setRequestId("a b").addItems("x").build();
    assertEquals(
        "head",
        gateway
            .call("Similar", Gateway.frame(0, unfit.toByteArray()), Map.of("x-request-id", "head"))
            .header("x-request-id"));
  }

  @Test
  void aRefusalInABatchHasTheWordsOfTheSameCallAlone() {
    var request = "{\"objectives\":[{\"name\":\"next-item\"}],\"k\":0}";
    var alone = json("/v1/retrieve", request).getString("detail");
    var batch = json("/v1/retrieve:batch", "{\"requests\":[" + request + "]}");
    var refusal = batch.getJsonArray("results").getJsonObject(0).getJsonObject("refusal");
    assertEquals("k: is 0; expected 1 to 100", alone);
    assertEquals(alone, refusal.getString("detail"));
  }

  private JsonObject json(String path, String body) {
    var type = Map.of("content-type", "application/json");
    return gateway.send("POST", path, body.getBytes(StandardCharsets.UTF_8), type).json();
  }

  @Test
  void eachRequestOfABatchEndsByItself() throws IOException {
    var message = RetrieveBatchRequest.newBuilder();
    JsonFormat.parser()
        .merge(
            """
            {"request_id": "b", "requests": [
              {"k": 0}, {"objectives": [{"name": "next-item"}]},
              {"objectives": [{"name": "next-item"}], "deadline_ms": 0}]}\
            """,
            message);
    var results =
        RetrieveBatchResponse.parseFrom(gateway.call("RetrieveBatch", message.build()).body())
            .getResultsList();
    assertEquals("INVALID_ARGUMENT", results.get(0).getRefusal().getStatus());
    assertEquals(400, results.get(0).getRefusal().getHttpStatus());
    assertEquals("b/0", results.get(0).getRefusal().getRequestId());
    assertTrue(results.get(0).getRefusal().getErrorsCount() >= 2);
    assertEquals("b/1", results.get(1).getAnswer().getRequestId());
    assertEquals("DEADLINE_EXCEEDED", results.get(2).getRefusal().getStatus());
    assertEquals(1, gateway.registry.counter("trawl.batch.results", "outcome", "expired").count());
  }
}
