package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.GetItemResponse;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.ListObjectivesResponse;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveBatchResponse;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SearchResponse;
import io.trawl.api.v1.SimilarRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The two protocols say the same: a request in JSON and its twin in protobuf give equal messages.
 * Protobuf's own JSON reader makes the twin and reads the answer, so our JSON is also proto3's.
 */
class SameAnswerTest {

  private final Gateway gateway = new Gateway();

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"objectives": [{"name": "next-item"}], "request_id": "r"}\
        """,
        """
        {"objectives": [{"name": "search", "text": "red shöes"}, {"name": "next-item"}], "k": 3,
         "request_id": "r", "engine": {"seed": 9007199254740991},
         "user": {"id": "u", "history": [{"item": "a", "time": 5}, {"item": "b"}]},
         "filter": {"any": [{"in": {"attribute": "x", "values": ["a", 1.5, false]}},
                            {"range": {"attribute": "y", "atLeast": -1e3}}]}}\
        """,
        """
        {"objectives": [{"name": "search", "text": ""}], "k": 1, "request_id": "r",
         "excludedItems": ["q"], "excludeHistory": true, "deadlineMs": "77"}\
        """
      })
  void retrieve(String json) throws IOException {
    var twin = RetrieveRequest.newBuilder();
    JsonFormat.parser().merge(json, twin);
    var overHttp = gateway.post(json);
    assertEquals(200, overHttp.status(), overHttp.text());
    var asked = Gateway.await(scripted(() -> gateway.post(json)));
    var overGrpc = gateway.call("Retrieve", twin.build());
    assertEquals("0", overGrpc.code(), overGrpc.message());
    assertEquals(
        RetrieveResponse.parseFrom(overGrpc.body()), read(overHttp, RetrieveResponse.newBuilder()));
    var askedOverGrpc = Gateway.await(scripted(() -> gateway.call("Retrieve", twin.build())));
    assertEquals(asked.request(), askedOverGrpc.request());
    assertEquals(asked.deadline(), askedOverGrpc.deadline());
  }

  @ParameterizedTest
  @MethodSource
  void postedCalls(
      String path, String method, Message.Builder request, Message.Builder answer, String json)
      throws IOException {
    JsonFormat.parser().merge(json, request);
    var overHttp =
        gateway.send(
            "POST",
            path,
            json.getBytes(StandardCharsets.UTF_8),
            Map.of("content-type", "application/json"));
    assertEquals(200, overHttp.status(), overHttp.text());
    var overGrpc = gateway.call(method, request.build());
    assertEquals("0", overGrpc.code(), overGrpc.message());
    assertEquals(
        answer.getDefaultInstanceForType().getParserForType().parseFrom(overGrpc.body()),
        read(overHttp, answer));
  }

  static List<Arguments> postedCalls() {
    return List.of(
        Arguments.of(
            "/v1/retrieve",
            "Retrieve",
            RetrieveRequest.newBuilder(),
            RetrieveResponse.newBuilder(),
            """
            {"objectives": [{"name": "next-item", "weight": 2.5, "quota": 2}], "explain": true,
             "merge": {"by": "score"}, "onMissing": "fail", "request_id": "r"}\
            """),
        Arguments.of(
            "/v1/retrieve:batch",
            "RetrieveBatch",
            RetrieveBatchRequest.newBuilder(),
            RetrieveBatchResponse.newBuilder(),
            """
            {"request_id": "b", "requests": [
              {"objectives": [{"name": "next-item"}], "merge": {}},
              {"objectives": [{"name": "nope"}]}, {"k": 0},
              {"request_id": "own", "objectives": [{"name": "next-item"}], "deadline_ms": 0}]}\
            """),
        Arguments.of(
            "/v1/similar",
            "Similar",
            SimilarRequest.newBuilder(),
            SearchResponse.newBuilder(),
            """
            {"items": ["a", "b"], "unlike": ["c"], "k": 4, "onMissing": "skip", "request_id": "r",
             "explain": true}\
            """),
        Arguments.of(
            "/v1/search",
            "Search",
            SearchRequest.newBuilder(),
            SearchResponse.newBuilder(),
            """
            {"query_vectors": [{"values": [0.5, -1e-3]}, {"values": [1, -1e15]}],
             "request_id": "r", "engine": {"seed": 3}}\
            """));
  }

  @Test
  void listObjectives() throws IOException {
    var overGrpc = gateway.call("ListObjectives", ListObjectivesRequest.getDefaultInstance());
    assertEquals(
        ListObjectivesResponse.parseFrom(overGrpc.body()),
        read(gateway.get("/v1/objectives"), ListObjectivesResponse.newBuilder()));
  }

  @Test
  void getItem() throws IOException {
    var overGrpc = gateway.call("GetItem", GetItemRequest.newBuilder().setId("ä").build());
    assertEquals(
        GetItemResponse.parseFrom(overGrpc.body()),
        read(gateway.get("/v1/items/%C3%A4"), GetItemResponse.newBuilder()));
  }

  private java.util.concurrent.CompletableFuture<FakeRetriever.Asked> scripted(Runnable call) {
    gateway.retriever.script(new FakeRetriever()::retrieve);
    call.run();
    return gateway.retriever.asked();
  }

  private static Message read(Gateway.Answer answer, Message.Builder into) throws IOException {
    JsonFormat.parser().merge(answer.text(), into);
    return into.build();
  }
}
