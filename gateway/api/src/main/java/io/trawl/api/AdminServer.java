package io.trawl.api;

import io.trawl.serve.Readiness;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators ask, on a port of its own so that it can stay inside: {@code GET /health/live}
 * (200 while the process answers), {@code GET /health/ready} (200, or 503 with the reason) and
 * {@code GET /metrics} in Prometheus' text format.
 */
public final class AdminServer {

  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

  private static final int IDLE_TIMEOUT_S = 60;
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final Supplier<Readiness> readiness;
  private final Supplier<String> metrics;

  private AdminServer(
      Vertx vertx, String host, int port, Supplier<Readiness> readiness, Supplier<String> metrics) {
    this.readiness = Objects.requireNonNull(readiness, "readiness");
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    this.server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost(host)
                    .setPort(port)
                    .setIdleTimeout(IDLE_TIMEOUT_S)
                    .setIdleTimeoutUnit(TimeUnit.SECONDS))
            .requestHandler(this::handle)
            .invalidRequestHandler(
                request -> refuse(request, Ending.INVALID, "the request's head is not HTTP"));
  }

  /**
   * Nothing listens before {@link #start}.
   *
   * @param port where to listen; the usual one is 9091, 0 picks a free one
   * @param readiness asked at each probe; must not block
   * @param metrics the text of a scrape, asked at each; must not block
   */
  public static AdminServer create(
      Vertx vertx, String host, int port, Supplier<Readiness> readiness, Supplier<String> metrics) {
    return new AdminServer(vertx, host, port, readiness, metrics);
  }

  /** Listens; completes when the port accepts, fails where it is taken. */
  public Future<AdminServer> start() {
    return server.listen().map(this);
  }

  /** The port it listens on, once started. */
  public int port() {
    return server.actualPort();
  }

  /** Closes at once: probes of a closing gateway should fail. */
  public Future<Void> close() {
    return server.close();
  }

  private void handle(HttpServerRequest request) {
    var path = request.path() == null ? "" : request.path();
    try {
      switch (path) {
        case "/health/live", "/health/ready", "/metrics" -> {
          if (!request.method().equals(HttpMethod.GET)) {
            request.response().putHeader(HttpHeaders.ALLOW, "GET");
            refuse(request, Ending.METHOD_NOT_ALLOWED, "expected GET");
          } else {
            answer(request, path);
          }
        }
        default ->
            refuse(
                request, Ending.UNKNOWN_METHOD, "expected /health/live, /health/ready or /metrics");
      }
    } catch (RuntimeException broken) {
      LOG.error("{} failed", path, broken);
      refuse(request, Ending.FAILED, "the gateway's log has more");
    }
  }

  private void answer(HttpServerRequest request, String path) {
    switch (path) {
      case "/metrics" ->
          request.response().putHeader(HttpHeaders.CONTENT_TYPE, PROMETHEUS).end(metrics.get());
      case "/health/live" -> status(request, 200, "live", "");
      default -> {
        switch (readiness.get()) {
          case Readiness.Ready() -> status(request, 200, "ready", "");
          case Readiness.NotReady(var why) -> status(request, 503, "not_ready", why);
        }
      }
    }
  }

  private static void status(HttpServerRequest request, int code, String status, String why) {
    var body =
        JsonEncoder.write(
            json -> {
              json.writeStartObject();
              json.writeStringField("status", status);
              if (!why.isEmpty()) {
                json.writeStringField("why", why);
              }
              json.writeEndObject();
            });
    request
        .response()
        .setStatusCode(code)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(body);
  }

  private static void refuse(HttpServerRequest request, Ending ending, String detail) {
    request
        .response()
        .setStatusCode(ending.httpStatus())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.CONTENT_TYPE)
        .end(Problem.encode(Reply.Refusal.of("", ending, detail)));
  }
}
