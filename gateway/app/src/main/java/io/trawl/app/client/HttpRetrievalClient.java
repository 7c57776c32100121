package io.trawl.app.client;

import io.trawl.api.codec.Decoded;
import io.trawl.api.codec.JsonDecoder;
import io.trawl.api.codec.JsonEncoder;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.workers.wire.ClientClose;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** {@code POST /v1/retrieve}. */
final class HttpRetrievalClient implements RetrievalClient {

  private static final JsonDecoder JSON = new JsonDecoder(1);

  private static final String PATH = "/v1/retrieve";

  /** What an answer may take beyond its deadline: waiting for a connection, sending, reading. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final int CONNECT_TIMEOUT_MILLIS = 2_000;

  private final HttpClient client;
  private final URI base;

  HttpRetrievalClient(Vertx vertx, URI base, int connections) {
    this.base = base;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setDefaultHost(host(base))
                .setDefaultPort(base.getPort())
                .setSsl("https".equalsIgnoreCase(base.getScheme()))
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS),
            new PoolOptions().setHttp1MaxSize(connections));
  }

  /** An IPv6 address stands in brackets in a URI alone. */
  private static String host(URI base) {
    var host = base.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  @Override
  public Future<Retrieval> retrieve(RetrievalRequest request, Duration deadline) {
    var body = JsonEncoder.encode(Messages.request(request, deadline));
    var options = new RequestOptions().setMethod(HttpMethod.POST).setURI(PATH);
    return client
        .request(options)
        .compose(call -> send(call, body, deadline.plus(GRACE)))
        .recover(failure -> Future.failedFuture(readable(failure)));
  }

  private static Future<Retrieval> send(HttpClientRequest call, Buffer body, Duration limit) {
    return call.putHeader("content-type", "application/json")
        .send(body)
        .compose(HttpRetrievalClient::read)
        .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(_ -> call.reset());
  }

  private static Future<Retrieval> read(HttpClientResponse response) {
    return response
        .body()
        .map(
            body -> {
              if (response.statusCode() != 200) {
                throw new RequestFailed(
                    "HTTP status %d: %s".formatted(response.statusCode(), problem(body)));
              }
              return retrieval(body);
            });
  }

  private static Retrieval retrieval(Buffer body) {
    return switch (JSON.decode(body.getBytes(), RetrieveResponse.getDefaultInstance())) {
      case Decoded.Legible<RetrieveResponse>(var answer) -> Messages.retrieval(answer);
      case Decoded.Illegible<RetrieveResponse>(var violations) ->
          throw new RequestFailed(
              "the gateway's answer is not as the API describes it: %s %s"
                  .formatted(violations.getFirst().field(), violations.getFirst().why()));
    };
  }

  /** What a problem document (RFC 9457) says, or the beginning of any other body. */
  private static String problem(Buffer body) {
    try {
      var json = body.toJsonObject();
      var said = json.getString("detail", json.getString("title", ""));
      var errors = json.getJsonArray("errors");
      return errors == null || errors.isEmpty() ? said : said + " " + errors.encode();
    } catch (DecodeException | ClassCastException _) {
      return body.length() > 200 ? body.getString(0, 200) + "…" : body.toString();
    }
  }

  private RequestFailed readable(Throwable failure) {
    return failure instanceof RequestFailed failed
        ? failed
        : new RequestFailed(
            "no answer from %s: %s".formatted(base, String.valueOf(failure.getMessage())), failure);
  }

  @Override
  public Future<Void> close() {
    return ClientClose.of(client.close());
  }
}
