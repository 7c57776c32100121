package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;

import io.trawl.workers.tensors.JsonInfer;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** Calls a worker over HTTP. */
public final class TestHttp {

  record Reply(int status, MultiMap headers, Buffer body) {
    JsonObject json() {
      return new JsonObject(body);
    }

    JsonArray array() {
      return new JsonArray(body);
    }

    String error() {
      return json().getString("error");
    }
  }

  private final WorkerFixture fixture;
  private @Nullable HttpClient client;

  public TestHttp(WorkerFixture fixture) {
    this.fixture = fixture;
  }

  public Reply get(String path) {
    return call(HttpMethod.GET, path, Buffer.buffer(), null);
  }

  Reply post(String path, String body) {
    return call(HttpMethod.POST, path, Buffer.buffer(body), null);
  }

  Reply call(HttpMethod method, String path, Buffer body, @Nullable String headerLength) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    if (headerLength != null) {
      headers.set(JsonInfer.HEADER_LENGTH, headerLength);
    }
    return callWith(method, path, body, headers);
  }

  Reply callWith(HttpMethod method, String path, Buffer body, MultiMap headers) {
    return callAt(fixture.worker().ports().http(), method, path, body, headers);
  }

  Reply callMetricsPort(HttpMethod method, String path) {
    int port = fixture.worker().ports().metrics();
    return callAt(port, method, path, Buffer.buffer(), MultiMap.caseInsensitiveMultiMap());
  }

  private Reply callAt(int port, HttpMethod method, String path, Buffer body, MultiMap headers) {
    return await(
        client()
            .request(method, port, "127.0.0.1", path)
            .compose(
                request -> {
                  request.headers().addAll(headers);
                  // Nested: a body must be asked for before it has gone by.
                  return request
                      .send(body)
                      .compose(
                          response ->
                              response
                                  .body()
                                  .map(
                                      got ->
                                          new Reply(
                                              response.statusCode(), response.headers(), got)));
                }));
  }

  /** A call whose body goes out when the server has said that it wants it. */
  Reply whenWanted(String path, Buffer body) {
    return await(
        client()
            .request(HttpMethod.POST, fixture.worker().ports().http(), "127.0.0.1", path)
            .compose(
                request -> {
                  request.putHeader("expect", "100-continue").setChunked(true);
                  request.continueHandler(_ -> request.end(body));
                  return request
                      .sendHead()
                      .compose(_ -> request.response())
                      .compose(
                          response ->
                              response
                                  .body()
                                  .map(
                                      got ->
                                          new Reply(
                                              response.statusCode(), response.headers(), got)));
                }));
  }

  private HttpClient client() {
    HttpClient http = client == null ? fixture.vertx().createHttpClient() : client;
    client = http;
    return http;
  }
}
