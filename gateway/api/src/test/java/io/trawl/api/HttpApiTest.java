package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Behaviour;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.User;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a caller over HTTP/1.1 and h2c sees: answers, problems, and that leaving cancels. */
class HttpApiTest {

  private static final String GOOD = "{\"objectives\":[{\"name\":\"next-item\"}],\"k\":2}";

  private final Gateway gateway = new Gateway();

  @BeforeEach
  void forget() {
    gateway.retriever.script(new FakeRetriever()::retrieve);
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void answersAsTheProtoSays() {
    var answer = gateway.post(GOOD);
    assertEquals(200, answer.status());
    assertEquals("application/json", answer.header("content-type"));
    assertEquals("made-1", answer.header("x-request-id"));
    assertEquals(
        new JsonObject(
            """
            {"request_id": "made-1",
             "space": {"name": "demo", "version": 3},
             "lists": [{
               "objective": "next-item",
               "items": [{"id": "item-0", "title": "Title 0", "score": 0.33333334},
                         {"id": "item-1", "title": "Title 1", "score": 0.25}],
               "engine": "explore", "seed": 42, "rounds": 4,
               "items_scored": 5000, "bytes_read": 640000, "behaviours_skipped": 0,
               "degradations": [{"kind": "fewer_than_k", "detail": "found 3 of 10"}],
               "trace": []}],
             "stage_micros": {"prompt": 120, "backbone": 4500},
             "spans": []}
            """),
        answer.json());
  }

  /** A tab; a no-break and an ideographic space; no width; a byte-order mark. */
  @ParameterizedTest
  @ValueSource(strings = {"", " \\t", "\\u00a0\\u3000", "\\u200b\\u2060", "\\ufeff"})
  void aTextThatShowsNothingIsNone(String text) {
    var asked = gateway.retriever.asked();
    gateway.post("{\"objectives\": [{\"name\": \"search\", \"text\": \"" + text + "\"}]}");
    assertNull(Gateway.await(asked).request().objectives().getFirst().text());
  }

  @Test
  void everyFieldReachesTheRetrieverInBothSpellings() {
    var snake =
        """
        {"request_id": "r-1",
         "user": {"id": "u1", "profile": {"age": "30"},
                  "history": [{"item": "B01", "action": "click", "time": 1700000000},
                              {"item": "B02"}]},
         "objectives": [{"name": "next-item"}, {"name": "search", "text": "red shoes"}],
         "k": 7,
         "filter": {"all": [{"equal": {"attribute": "brand", "value": "Acme"}},
                            {"any": [{"in": {"attribute": "size", "values": [41, 42.5]}},
                                     {"not": {"equal": {"attribute": "new", "value": true}}}]},
                            {"range": {"attribute": "price", "at_least": 1, "at_most": 2.5}}]},
         "excluded_items": ["B09", "B09"], "exclude_history": true, "deadline_ms": "250", "now": 1700000100,
         "engine": {"engine": "explore", "rounds": 4, "sample": 100, "keep": 10, "neighbours": 8,
                    "seed": -5}}
        """;
    var camel =
        snake
            .replace("request_id", "requestId")
            .replace("at_least", "atLeast")
            .replace("at_most", "atMost")
            .replace("excluded_items", "excludedItems")
            .replace("exclude_history", "excludeHistory")
            .replace("deadline_ms", "deadlineMs");
    var expected =
        new RetrievalRequest(
            "r-1",
            new User(
                "u1",
                Map.of("age", "30"),
                List.of(
                    new Behaviour("B01", "click", Instant.ofEpochSecond(1_700_000_000)),
                    new Behaviour("B02", null, null))),
            List.of(
                new ObjectiveRequest("next-item", null),
                new ObjectiveRequest("search", "red shoes")),
            7,
            new RetrievalRequest.ItemChoice(
                new Filter.All(
                    List.of(
                        new Filter.Equal("brand", new Filter.Text("Acme")),
                        new Filter.Any(
                            List.of(
                                new Filter.In(
                                    "size",
                                    List.of(new Filter.Number(41), new Filter.Number(42.5))),
                                new Filter.Not(new Filter.Equal("new", new Filter.Flag(true))))),
                        new Filter.Range("price", 1.0, 2.5))),
                Set.of("B09"),
                true),
            Instant.ofEpochSecond(1_700_000_100),
            new EngineRequest(EngineName.EXPLORE, 4, 100, 10, 8, -5L),
            RetrievalRequest.Answering.PLAIN);
    for (var json : List.of(snake, camel)) {
      forget();
      var answer = gateway.post(json);
      assertEquals(200, answer.status(), answer.text());
      assertEquals("r-1", answer.header("x-request-id"));
      var asked = Gateway.await(gateway.retriever.asked());
      assertEquals(expected, asked.request());
      assertEquals(Duration.ofMillis(250), asked.deadline().left(gateway.ticker));
    }
  }

  @Test
  void whatIsNotGivenHasItsDefault() {
    gateway.post("{\"objectives\":[{\"name\":\"next-item\"}],\"k\":null,\"user\":null}");
    var asked = Gateway.await(gateway.retriever.asked());
    assertEquals(10, asked.request().k());
    assertEquals(new User("", Map.of(), List.of()), asked.request().user());
    assertEquals(EngineRequest.defaults(), asked.request().engine());
    assertEquals(Duration.ofSeconds(30), asked.deadline().left(gateway.ticker));
  }

  @Test
  void aRequestIdComesFromTheBodyThenTheHeaderThenTheGateway() {
    var headers = Map.of("content-type", "application/json", "x-request-id", "from-header");
    assertEquals(
        "from-header",
        gateway
            .post(GOOD.getBytes(StandardCharsets.UTF_8), headers)
            .json()
            .getString("request_id"));
    var both = GOOD.replace("\"k\"", "\"request_id\":\"from-body\",\"k\"");
    assertEquals(
        "from-body",
        gateway.post(both.getBytes(StandardCharsets.UTF_8), headers).header("x-request-id"));
    var unfit = Map.of("content-type", "application/json", "x-request-id", "a b");
    var refused = gateway.post(GOOD.getBytes(StandardCharsets.UTF_8), unfit);
    assertEquals(400, refused.status());
    assertTrue(refused.errors().getFirst().startsWith("x-request-id: is \"a b\""));
  }

  @Test
  void listsObjectives() {
    assertEquals(
        new JsonObject(
            """
            {"space": {"name": "demo", "version": 3},
             "objectives": [{"name": "next-item", "title": "What comes next", "text": "none",
                             "tail_only": false, "lexical": false, "extrapolated": false},
                            {"name": "search", "title": "Items for a query", "text": "required",
                             "tail_only": true, "leave_out_categories_of_history": "category",
                             "lexical": true, "extrapolated": true}]}
            """),
        gateway.get("/v1/objectives").json());
  }

  @Test
  void givesAnItemWithItsAttributes() {
    var answer = gateway.get("/v1/items/B01");
    assertEquals(200, answer.status());
    assertEquals(
        new JsonObject(
            """
            {"space": {"name": "demo", "version": 3},
             "item": {"id": "B01", "title": "Title of B01",
                      "attributes": {"brand": ["Acme", "Öl"], "new": [true], "price": [12.5]}}}
            """),
        answer.json());
  }

  @ParameterizedTest
  @CsvSource({
    "a%2Fb%20c%25+, a/b c%+",
    "%2E%2E, ..",
    "%C3%A4, ä",
    "%c3%a4, ä",
  })
  void itemIdsArePercentDecodedAndNothingElse(String path, String id) {
    assertEquals(id, gateway.get("/v1/items/" + path).json().getJsonObject("item").getString("id"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "%4", "%zz", "%ff", "%٤٤"})
  void brokenEscapesAreInvalid(String id) throws IOException {
    var answer = raw("GET /v1/items/" + id + " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
    assertTrue(answer.contains("\"field\":\"id\"") || answer.contains("is not HTTP"), answer);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/items/none, 404, unknown_item",
    "GET, /v1/items/, 400, invalid",
    "GET, /v1/items/a/b, 404, unknown_method",
    "GET, /, 404, unknown_method",
    "GET, /v1/retrieveX, 404, unknown_method",
    "POST, /v1/retrieve/, 404, unknown_method",
    "POST, /trawl.v1.Retrieval/Retrieve, 404, unknown_method",
    "GET, /health/live, 404, unknown_method",
    "GET, /health/ready, 404, unknown_method",
    "GET, /metrics, 404, unknown_method",
    "GET, /v1/retrieve, 405, method_not_allowed",
    "PUT, /v1/retrieve, 405, method_not_allowed",
    "DELETE, /v1/objectives, 405, method_not_allowed",
    "POST, /v1/items/B01, 405, method_not_allowed",
  })
  void everythingElseIsAProblem(String method, String path, int status, String type) {
    var answer = gateway.send(method, path, new byte[0], Map.of());
    assertEquals(status, answer.status());
    assertEquals("application/problem+json", answer.header("content-type"));
    assertEquals("urn:trawl:problem:" + type, answer.json().getString("type"));
    assertEquals(status, answer.json().getInteger("status"));
    assertFalse(answer.json().getString("request_id").isEmpty());
    if (status == 405) {
      assertEquals(path.equals("/v1/retrieve") ? "POST" : "GET", answer.header("allow"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "application/json, 200",
    "Application/JSON; charset=UTF-8, 200",
    "'application/json;charset=\"utf-8\"', 200",
    "application/json; charset=latin1, 415",
    "text/plain, 415",
    "application/x-www-form-urlencoded, 415",
    "application/jsonx, 415",
  })
  void onlyUtf8JsonIsServed(String contentType, int status) {
    var answer =
        gateway.post(GOOD.getBytes(StandardCharsets.UTF_8), Map.of("content-type", contentType));
    assertEquals(status, answer.status());
  }

  @Test
  void aBodyWithoutContentTypeOrWithAnUnknownEncodingIsRefused() {
    assertEquals(415, gateway.post(GOOD.getBytes(StandardCharsets.UTF_8), Map.of()).status());
    var packed = Map.of("content-type", "application/json", "content-encoding", "br");
    var refused = gateway.post(GOOD.getBytes(StandardCharsets.UTF_8), packed);
    assertEquals(415, refused.status());
    assertEquals("gzip, deflate", refused.header("accept-encoding"));
  }

  @Test
  void everyOutcomeHasItsStatus() {
    gateway.retriever.endWith(
        new RetrievalOutcome.Shed("the queue is full", Duration.ofMillis(1100)));
    var shed = gateway.post(GOOD);
    assertEquals(429, shed.status());
    assertEquals("2", shed.header("retry-after"));
    gateway.retriever.endWith(new RetrievalOutcome.EncodeFailed("no worker is ready"));
    assertEquals(502, gateway.post(GOOD).status());
    gateway.retriever.endWith(new RetrievalOutcome.Expired("backbone"));
    assertEquals(504, gateway.post(GOOD).status());
    gateway.retriever.endWith(new RetrievalOutcome.Failed());
    assertEquals(500, gateway.post(GOOD).status());
  }

  @Test
  void aBrokenPipelineIsAnErrorWithoutItsInside() {
    gateway.retriever.script((_, _, _) -> Future.failedFuture(new IllegalStateException("secret")));
    var failed = gateway.post(GOOD);
    gateway.retriever.script(
        (_, _, _) -> {
          throw new StackOverflowError("secret");
        });
    var thrown = gateway.post(GOOD);
    for (var answer : List.of(failed, thrown)) {
      assertEquals(500, answer.status());
      assertFalse(answer.text().contains("secret"), answer.text());
      assertFalse(answer.text().contains("Exception"), answer.text());
    }
  }

  @Test
  void anExpiredDeadlineIsAnsweredWithoutAsking() {
    gateway.retriever.hang();
    var answer = gateway.post(GOOD.replace("\"k\"", "\"deadline_ms\":0,\"k\""));
    assertEquals(504, answer.status());
    assertFalse(gateway.retriever.asked().isDone());
  }

  @Test
  void aRetrieverThatBreaksItsPromiseIsNotWaitedFor() {
    gateway.retriever.hang();
    var answer = gateway.post(GOOD.replace("\"k\"", "\"deadline_ms\":5,\"k\""));
    assertEquals(504, answer.status());
    Gateway.await(Gateway.await(gateway.retriever.asked()).cancelled());
  }

  @Test
  void leavingOverHttp1Cancels() throws IOException {
    gateway.retriever.hang();
    var socket = gateway.connect();
    send(socket, head(GOOD.length()) + GOOD);
    var asked = Gateway.await(gateway.retriever.asked());
    assertFalse(asked.cancelled().isDone());
    socket.close();
    Gateway.await(asked.cancelled());
  }

  @Test
  void leavingOverHttp2Cancels() {
    gateway.retriever.hang();
    var client =
        gateway.vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    var request =
        Gateway.await(
            client.request(
                HttpMethod.POST, gateway.server.httpPort(), "127.0.0.1", "/v1/retrieve"));
    request.putHeader("content-type", "application/json").end(GOOD);
    var asked = Gateway.await(gateway.retriever.asked());
    request.reset(8);
    Gateway.await(asked.cancelled());
  }

  @Test
  void aBodyIsInvitedOnlyIfItWillBeRead() throws IOException {
    try (var socket = gateway.connect()) {
      send(socket, head(GOOD.length()).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n"));
      assertEquals("HTTP/1.1 100 Continue", line(socket.getInputStream()));
      assertEquals("", line(socket.getInputStream()));
      send(socket, GOOD);
      assertEquals("HTTP/1.1 200 OK", line(socket.getInputStream()));
    }
    try (var socket = gateway.connect()) {
      send(socket, head(1 << 20).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n"));
      assertEquals("HTTP/1.1 413 Request Entity Too Large", line(socket.getInputStream()));
    }
  }

  @Test
  void whatElseIsExpectedIsNotMet() throws IOException {
    try (var socket = gateway.connect()) {
      send(socket, head(GOOD.length()).replace("\r\n\r\n", "\r\nexpect: foo\r\n\r\n"));
      assertEquals("HTTP/1.1 417 Expectation Failed", line(socket.getInputStream()));
    }
  }

  @Test
  void aChunkedBodyIsBoundedToo() throws IOException {
    try (var socket = gateway.connect()) {
      send(
          socket,
          "POST /v1/retrieve HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
              + "transfer-encoding: chunked\r\n\r\n");
      for (int i = 0; i < 5; i++) {
        send(socket, "400\r\n" + " ".repeat(1024) + "\r\n");
      }
      assertEquals("HTTP/1.1 413 Request Entity Too Large", line(socket.getInputStream()));
    }
  }

  @Test
  void whatIsNotHttpGetsAProblem() throws IOException {
    assertTrue(raw("NONSENSE\r\n\r\n").contains("urn:trawl:problem:invalid"));
    var tooLong = raw("GET /" + "x".repeat(10_000) + " HTTP/1.1\r\n\r\n");
    assertTrue(tooLong.contains("application/problem+json"), tooLong);
  }

  @Test
  void aBodyThatDoesNotArriveIsNotWaitedFor() throws IOException {
    try (var slow = new Gateway(TestLimits.small(), Gateway.options(1, 64, Duration.ofMillis(50)));
        var socket = slow.connect()) {
      send(socket, head(1000) + "{");
      assertEquals("HTTP/1.1 408 Request Timeout", line(socket.getInputStream()));
      socket.getInputStream().readAllBytes(); // ends: the connection is closed
    }
  }

  @Test
  void thereIsABoundOnWhatIsInFlight() throws IOException {
    try (var narrow =
            new Gateway(TestLimits.small(), Gateway.options(1, 1, Duration.ofSeconds(30)));
        var socket = narrow.connect()) {
      narrow.retriever.hang();
      send(socket, head(GOOD.length()) + GOOD);
      Gateway.await(narrow.retriever.asked());
      var shed = narrow.post(GOOD);
      assertEquals(429, shed.status());
      assertEquals("1", shed.header("retry-after"));
    }
  }

  @Test
  void twoEventLoopsShareThePorts() {
    try (var wide =
        new Gateway(TestLimits.small(), Gateway.options(2, 64, Duration.ofSeconds(30)))) {
      for (int i = 0; i < 4; i++) {
        assertEquals(
            200,
            wide.send(
                    "POST",
                    "/v1/retrieve",
                    GOOD.getBytes(StandardCharsets.UTF_8),
                    Map.of("content-type", "application/json", "x-request-id", "r" + i))
                .status());
      }
    }
  }

  @Test
  void closingLetsWhatIsInFlightEnd() throws IOException {
    var answer = io.vertx.core.Promise.<RetrievalOutcome>promise();
    gateway.retriever.script((_, _, _) -> answer.future());
    try (var silent = gateway.connect();
        var idle = gateway.connect();
        var busy = gateway.connect()) {
      send(idle, "GET /v1/objectives HTTP/1.1\r\nhost: a\r\n\r\n");
      assertEquals("HTTP/1.1 200 OK", line(idle.getInputStream()));
      send(busy, head(GOOD.length()) + GOOD);
      Gateway.await(gateway.retriever.asked());
      var closed = gateway.server.close();
      idle.getInputStream().readAllBytes(); // ends: the connection is closed
      assertTrue(silent.isConnected());
      assertFalse(closed.isComplete());
      answer.complete(new RetrievalOutcome.EncodeFailed("drained"));
      assertEquals("HTTP/1.1 502 Bad Gateway", line(busy.getInputStream()));
      Gateway.await(closed);
    }
  }

  @Test
  void countsWhatItDoes() {
    gateway.post(GOOD);
    gateway.post("{}");
    gateway.get("/v1/objectives");
    var count = gateway.registry.get("trawl.requests");
    assertEquals(
        1,
        count
            .tags("protocol", "http", "method", "retrieve", "outcome", "answered")
            .counter()
            .count());
    assertEquals(
        1,
        gateway
            .registry
            .get("trawl.requests")
            .tags("method", "retrieve", "outcome", "invalid")
            .counter()
            .count());
    assertEquals(
        1, gateway.registry.get("trawl.violations").tags("protocol", "http").counter().count());
    assertEquals(
        GOOD.length() + 2,
        gateway
            .registry
            .get("trawl.request.bytes")
            .tags("protocol", "http")
            .summary()
            .totalAmount());
  }

  private String raw(String request) throws IOException {
    try (var socket = gateway.connect()) {
      send(socket, request);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String head(int bodyBytes) {
    return "POST /v1/retrieve HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        + "content-length: "
        + bodyBytes
        + "\r\n\r\n";
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
