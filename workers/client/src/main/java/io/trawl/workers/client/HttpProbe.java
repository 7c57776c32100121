package io.trawl.workers.client;

import io.trawl.workers.wire.ClientClose;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks a worker's HTTP port whether the server takes work, as a load balancer does.
 *
 * <p>Triton closes that port as the first thing when it is told to end, while its gRPC port goes on
 * for as long as something runs: a refused connection says {@link Failure.Stopping}, or that nobody
 * is there, and in both cases to ask elsewhere. Each question has a connection of its own: one that
 * is kept open holds Triton's drain up until it times out, and with it costs the answers of
 * whatever runs.
 *
 * <p>A connection that the server had taken, or its kernel for it, is reset when its port closes. A
 * question whose connection breaks before the answer is therefore asked once more, on a fresh one,
 * and only what that says counts.
 */
public final class HttpProbe {

  private static final int READY = 200;

  private final HttpClientAgent http;
  private final Endpoint endpoint;

  private HttpProbe(HttpClientAgent http, Endpoint endpoint) {
    this.http = http;
    this.endpoint = endpoint;
  }

  /**
   * @param endpoint the HTTP port of a worker, by default Triton's 8000
   */
  public static HttpProbe of(Vertx vertx, Endpoint endpoint) {
    return new HttpProbe(
        vertx.createHttpClient(new HttpClientOptions().setKeepAlive(false)), endpoint);
  }

  /** Whether the server is ready; never fails. */
  public Future<Reply<Boolean>> ready(Duration budget) {
    long millis = budget.toMillis();
    if (millis < 1) {
      return Future.succeededFuture(
          new Reply.NoAnswer<>(new Failure.DeadlineExceeded("budget spent before the probe left")));
    }
    return connect(millis)
        .compose(first -> ask(first, millis).recover(broken -> askAgain(broken, millis)))
        .timeout(millis, TimeUnit.MILLISECONDS)
        .map(HttpProbe::answer)
        .otherwise(cause -> new Reply.NoAnswer<>(failure(cause)));
  }

  private Future<HttpClientConnection> connect(long millis) {
    return http.connect(
        new HttpConnectOptions()
            .setHost(endpoint.host())
            .setPort(endpoint.port())
            .setConnectTimeout(millis));
  }

  /** The status of the answer; the connection is closed after it. */
  private static Future<Integer> ask(HttpClientConnection connection, long millis) {
    return connection
        .request(
            new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setURI("/v2/health/ready")
                .setIdleTimeout(millis))
        .compose(HttpClientRequest::send)
        .map(HttpClientResponse::statusCode)
        .eventually(connection::close);
  }

  private Future<Integer> askAgain(Throwable broken, long millis) {
    return broken instanceof TimeoutException
        ? Future.failedFuture(broken)
        : connect(millis).compose(second -> ask(second, millis));
  }

  public Future<Void> close() {
    return ClientClose.of(http.close());
  }

  private static Reply<Boolean> answer(int status) {
    return switch (status) {
      case READY -> new Reply.Answer<>(true);
      // Triton's answer, and a worker's that is not up yet.
      case 400, 503 -> new Reply.Answer<>(false);
      default -> new Reply.NoAnswer<>(Statuses.ofHttp(status));
    };
  }

  private Failure failure(Throwable cause) {
    String said = String.valueOf(cause.getMessage());
    if (cause instanceof TimeoutException) {
      return new Failure.DeadlineExceeded("probe of " + endpoint + ": " + said);
    }
    // A connect that times out is a ConnectException too, and says nothing of the server.
    boolean refused =
        cause instanceof ConnectException && said.toLowerCase(Locale.ROOT).contains("refused");
    return refused
        ? new Failure.Stopping("HTTP port of " + endpoint + " is closed: " + said)
        : new Failure.Unreachable("probe of " + endpoint + ": " + said);
  }
}
