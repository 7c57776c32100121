package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One port, three ways to speak HTTP: every call says the same in each, and names its request. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProtocolsTest {

  private static final String REQUEST = "{\"objectives\":[{\"name\":\"next-item\"}],\"k\":2}";

  /** Path to body; without one it is a GET. */
  private static final Map<String, String> CALLS =
      Map.of(
          "/v1/retrieve", REQUEST,
          "/v1/retrieve:batch", "{\"requests\":[" + REQUEST + "]}",
          "/v1/retrieve:stream", REQUEST,
          "/v1/similar", "{\"items\":[\"B01\"]}",
          "/v1/search", "{\"query_vectors\":[{\"values\":[1]}]}",
          "/v1/objectives", "",
          "/v1/items/B01", "",
          "/openapi.json", "",
          "/trawl/v1/retrieval.proto", "",
          "/nowhere", "");

  private final Gateway gateway = new Gateway();

  @AfterAll
  void stop() {
    gateway.close();
  }

  enum Way {
    HTTP_1_1(new HttpClientOptions()),
    PRIOR_KNOWLEDGE(
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)),
    UPGRADE(
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(true));

    final HttpClientOptions options;

    Way(HttpClientOptions options) {
      this.options = options;
    }
  }

  record Said(HttpVersion version, int status, String requestId, String body) {}

  private Said ask(Way way, String path, String body, Map<String, String> headers) {
    var client = gateway.vertx.createHttpClient(way.options);
    var options =
        new RequestOptions()
            .setHost("127.0.0.1")
            .setPort(gateway.server.httpPort())
            .setMethod(body.isEmpty() ? HttpMethod.GET : HttpMethod.POST)
            .setURI(path);
    try {
      return Gateway.await(
          client
              .request(options)
              .compose(
                  request -> {
                    request.putHeader("content-type", "application/json");
                    headers.forEach(request::putHeader);
                    return request
                        .send(Buffer.buffer(body))
                        .compose(
                            response ->
                                response
                                    .body()
                                    .map(
                                        read ->
                                            new Said(
                                                response.version(),
                                                response.statusCode(),
                                                response.getHeader("x-request-id"),
                                                read.toString())));
                  }));
    } finally {
      Gateway.await(client.close());
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void everyCallSaysTheSame(Way way) {
    CALLS.forEach(
        (path, body) -> {
          var named = Map.of("x-request-id", "mine-1");
          var plain = ask(Way.HTTP_1_1, path, body, named);
          var said = ask(way, path, body, named);
          assertEquals(
              new Said(
                  way == Way.HTTP_1_1 ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_2,
                  path.equals("/nowhere") ? 404 : 200,
                  "mine-1",
                  plain.body()),
              said,
              path);
        });
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void everyAnswerNamesItsRequest(Way way) {
    CALLS.forEach(
        (path, body) -> {
          var made = ask(way, path, body, Map.of());
          assertEquals("made-", made.requestId().substring(0, 5), path);
          if (body.isEmpty()) {
            return;
          }
          var fromBody =
              ask(
                  way,
                  path,
                  new JsonObject(body).put("request_id", "in-body").encode(),
                  Map.of("x-request-id", "in-head"));
          assertEquals("in-body", fromBody.requestId(), path);
          var refused = ask(way, path, "{\"zzz\":1}", Map.of("x-request-id", "in-head"));
          assertEquals(400, refused.status(), path);
          assertEquals("in-head", refused.requestId(), path);
          assertEquals("in-head", new JsonObject(refused.body()).getString("request_id"), path);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"Retrieve", "RetrieveBatch", "RetrieveStream", "ListObjectives", "Nope"})
  void gRpcNamesRequestsToo(String method) {
    var answer = gateway.call(method, Gateway.frame(0, new byte[0]), Map.of("x-request-id", "g-1"));
    assertEquals("g-1", answer.header("x-request-id"));
    var made = gateway.call(method, Gateway.frame(0, new byte[0]), Map.of());
    assertEquals("made-", made.header("x-request-id").substring(0, 5));
  }

  /** Streams share a connection: a slow one must not hold the others up. */
  @Test
  void callsOfOneHttp2ConnectionRunSideBySide() {
    var client = gateway.vertx.createHttpClient(Way.PRIOR_KNOWLEDGE.options);
    List<Future<Integer>> statuses = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      statuses.add(
          client
              .request(
                  HttpMethod.POST, gateway.server.httpPort(), "127.0.0.1", "/v1/retrieve:stream")
              .compose(
                  request ->
                      request
                          .putHeader("content-type", "application/json")
                          .send(REQUEST)
                          .compose(response -> response.end().map(response.statusCode()))));
    }
    Gateway.await(Future.all(statuses));
    statuses.forEach(status -> assertEquals(200, status.result()));
    Gateway.await(client.close());
  }
}
