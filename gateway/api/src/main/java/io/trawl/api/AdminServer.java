package io.trawl.api;

import io.trawl.api.call.Answers;
import io.trawl.api.call.CallEnding;
import io.trawl.api.call.CallReply;
import io.trawl.api.check.Violations;
import io.trawl.api.codec.Decoded;
import io.trawl.api.codec.JsonDecoder;
import io.trawl.api.codec.JsonEncoder;
import io.trawl.api.http.HttpExchange;
import io.trawl.api.http.ProblemDetails;
import io.trawl.api.v1.ActivateSpaceRequest;
import io.trawl.api.v1.ActivateSpaceResponse;
import io.trawl.api.v1.ListSpacesResponse;
import io.trawl.api.v1.ListWorkersResponse;
import io.trawl.api.v1.Worker;
import io.trawl.domain.Violation;
import io.trawl.serve.source.Uses;
import io.trawl.serve.source.WorkerTable;
import io.trawl.serve.space.Activation;
import io.trawl.serve.space.Readiness;
import io.trawl.serve.space.SpaceActivator;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators ask, on ports of its own so that it can stay inside: {@code GET /health/live} (200
 * while the process answers), {@code GET /health/ready} (200, or 503 with the reason) and {@code
 * GET /metrics} in Prometheus' text format; {@code GET /admin/spaces}, {@code POST
 * /admin/spaces/activate} and {@code GET /admin/workers} (admin.proto). {@link AdminOptions} say
 * which of the two are where.
 *
 * <p>It takes no request that a web page can make: see {@link AdminGuard}, and a body must call
 * itself JSON, which no form can without asking first.
 */
public final class AdminServer {

  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

  private static final int MAX_BODY_BYTES = 64 << 10;
  private static final int MAX_DISCARDED_BYTES = 1 << 20;
  private static final int MAX_DIRECTORY_CHARS = 4096;
  private static final int MAX_VIOLATIONS = 16;
  private static final double NANOS_A_MILLI = 1e6;

  private static final String ACTIVATE = "/admin/spaces/activate";

  private static final List<String> HEALTH = List.of("/health/live", "/health/ready", "/metrics");
  private static final List<String> OPERATION =
      List.of("/admin/spaces", ACTIVATE, "/admin/workers");

  /**
   * One place where this listens.
   *
   * @param paths what is asked there
   * @param overSocket whether it is a Unix domain socket
   */
  private record Listening(List<String> paths, boolean overSocket) {}

  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final Vertx vertx;
  private final AdminGuard guard;
  private final PortWatch connections;
  private final HttpServer server;

  /** Where there is a port for health, or a socket, of its own. */
  private final Optional<HttpServer> other;

  private final Optional<AdminSocket> socket;
  private final Supplier<Readiness> readiness;
  private final Supplier<String> metrics;
  private final SpaceActivator spaces;
  private final WorkerTable workers;
  private final JsonDecoder json = new JsonDecoder(MAX_VIOLATIONS);

  private AdminServer(
      Vertx vertx,
      AdminOptions options,
      PortWatch connections,
      Supplier<Readiness> readiness,
      Supplier<String> metrics,
      SpaceActivator spaces,
      WorkerTable workers) {
    this.vertx = vertx;
    this.guard = new AdminGuard(options);
    this.connections = connections;
    this.readiness = Objects.requireNonNull(readiness, "readiness");
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    this.spaces = Objects.requireNonNull(spaces, "spaces");
    this.workers = Objects.requireNonNull(workers, "workers");
    this.socket =
        options.socket().isEmpty()
            ? Optional.empty()
            : Optional.of(new AdminSocket(Path.of(options.socket()).toAbsolutePath()));
    List<String> main = new ArrayList<>();
    if (!options.hasHealthPort()) {
      main.addAll(HEALTH);
    }
    if (socket.isEmpty()) {
      main.addAll(OPERATION);
    }
    var listening = new HttpServerOptions().setHttp2ClearTextEnabled(false);
    this.server =
        server(
            new HttpServerOptions(listening).setHost(options.host()).setPort(options.port()),
            new Listening(main, false));
    if (socket.isPresent()) {
      this.other = Optional.of(server(listening, new Listening(OPERATION, true)));
    } else if (options.hasHealthPort()) {
      this.other =
          Optional.of(
              server(
                  new HttpServerOptions(listening)
                      .setHost(options.healthHost())
                      .setPort(options.healthPort()),
                  new Listening(HEALTH, false)));
    } else {
      this.other = Optional.empty();
    }
  }

  private HttpServer server(HttpServerOptions options, Listening listening) {
    return vertx
        .createHttpServer(options)
        .connectionHandler(connections::watch)
        .requestHandler(request -> handle(request, listening))
        .invalidRequestHandler(
            request -> refuse(request, CallEnding.INVALID, "the request's head is not HTTP"));
  }

  /**
   * Nothing listens before {@link #start}.
   *
   * @param connections how long they may take; an activation has the time that it needs
   * @param readiness asked at each probe; must not block
   * @param metrics the text of a scrape, asked at each; must not block
   * @param workers asked at each request for them; must not block
   */
  public static AdminServer create(
      Vertx vertx,
      AdminOptions options,
      PortWatch connections,
      Supplier<Readiness> readiness,
      Supplier<String> metrics,
      SpaceActivator spaces,
      WorkerTable workers) {
    return new AdminServer(vertx, options, connections, readiness, metrics, spaces, workers);
  }

  /**
   * Listens; completes when the ports accept, fails where one is taken, and with {@link
   * IllegalArgumentException} where the socket cannot be.
   */
  public Future<AdminServer> start() {
    return server.listen().compose(_ -> listenOther()).map(this);
  }

  private Future<Void> listenOther() {
    if (socket.isPresent()) {
      return listenOn(socket.get());
    }
    return other.isPresent() ? other.get().listen().mapEmpty() : Future.succeededFuture();
  }

  private Future<Void> listenOn(AdminSocket there) {
    return vertx
        .executeBlocking(
            () -> {
              there.makeRoom();
              return there.address();
            })
        .compose(
            address ->
                Uses.begun(() -> other.orElseThrow().listen(address))
                    .recover(
                        failure ->
                            Future.failedFuture(
                                there.refused(
                                    "on which Vert.x cannot listen with its transport here: "
                                        + failure.getMessage()))))
        .compose(
            _ ->
                vertx.executeBlocking(
                    () -> {
                      there.keepPrivate();
                      return null;
                    }));
  }

  /** The port it listens on, once started. */
  public int port() {
    return server.actualPort();
  }

  /** The port of health and metrics alone, where there is one. */
  public Optional<Integer> healthPort() {
    return socket.isPresent() ? Optional.empty() : other.map(HttpServer::actualPort);
  }

  /** Closes at once: probes of a closing gateway should fail. */
  public Future<Void> close() {
    return Future.join(
            server.close(), other.map(HttpServer::close).orElseGet(Future::succeededFuture))
        .transform(
            _ ->
                socket
                    .map(
                        there ->
                            vertx.<Void>executeBlocking(
                                () -> {
                                  there.close();
                                  return null;
                                }))
                    .orElseGet(Future::succeededFuture));
  }

  private void handle(HttpServerRequest request, Listening listening) {
    var path = request.path() == null ? "" : request.path();
    try {
      var refusal = guard.refusal(request, listening.overSocket());
      if (refusal.isPresent()) {
        refuse(request, CallEnding.FORBIDDEN, refusal.get());
      } else if (!listening.paths().contains(path)) {
        refuse(
            request,
            CallEnding.UNKNOWN_METHOD,
            "expected one of " + String.join(", ", listening.paths()));
      } else if (path.equals(ACTIVATE)) {
        asked(request, HttpMethod.POST, () -> receive(request, listening));
      } else {
        asked(request, HttpMethod.GET, () -> answer(request, path));
      }
    } catch (RuntimeException | Error broken) {
      LOG.error("{} failed", path, broken);
      refuse(request, CallEnding.FAILED, "the gateway's log has more");
    }
  }

  private static void asked(HttpServerRequest request, HttpMethod expected, Runnable then) {
    if (request.method().equals(expected)) {
      then.run();
    } else {
      request.response().putHeader(HttpHeaders.ALLOW, expected.name());
      refuse(request, CallEnding.METHOD_NOT_ALLOWED, "expected " + expected.name());
    }
  }

  /** A body that is too large is thrown away, up to a bound, so that its caller hears of it. */
  private void receive(HttpServerRequest request, Listening listening) {
    if (!HttpExchange.isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      refuse(request, CallEnding.NOT_SERVED, "expected content-type application/json in UTF-8");
      return;
    }
    var body = Buffer.buffer();
    request.handler(
        part -> {
          if (body.length() <= MAX_BODY_BYTES) {
            body.appendBuffer(part);
          } else if (request.bytesRead() > MAX_DISCARDED_BYTES) {
            request.connection().close();
          }
        });
    request.endHandler(
        _ -> {
          if (body.length() <= MAX_BODY_BYTES) {
            activate(request, body, listening);
          } else {
            refuse(request, CallEnding.TOO_LARGE, "the body is over " + MAX_BODY_BYTES + " bytes");
          }
        });
  }

  private void activate(HttpServerRequest request, Buffer body, Listening listening) {
    switch (json.decode(body.getBytes(), ActivateSpaceRequest.getDefaultInstance())) {
      case Decoded.Illegible<?>(var violations) -> invalid(request, violations);
      case Decoded.Legible<ActivateSpaceRequest>(var asked) -> {
        var who = listening.overSocket() ? "the socket" : String.valueOf(request.remoteAddress());
        var what = Violations.quote(asked.getDirectory());
        try {
          spaces
              .activate(directory(asked.getDirectory()))
              .onSuccess(
                  activation -> {
                    LOG.info("{} asked to activate {}: {}", who, what, activation);
                    activated(request, activation);
                  })
              .onFailure(
                  broken -> {
                    LOG.error("{} asked to activate {}, which failed", who, what, broken);
                    refuse(request, CallEnding.FAILED, "the gateway's log has more");
                  });
        } catch (IllegalArgumentException wrong) {
          LOG.info("{} asked to activate {}, which is no directory", who, what);
          invalid(request, List.of(new Violation("directory", String.valueOf(wrong.getMessage()))));
        }
      }
    }
  }

  private static Path directory(String asked) {
    var given = "is " + Violations.quote(asked) + "; ";
    if (asked.isBlank() || asked.length() > MAX_DIRECTORY_CHARS) {
      throw new IllegalArgumentException(
          given + "expected the path of a directory, at most " + MAX_DIRECTORY_CHARS + " long");
    }
    try {
      return Path.of(asked);
    } catch (InvalidPathException no) {
      throw new IllegalArgumentException(given + "expected the path of a directory", no);
    }
  }

  private static void activated(HttpServerRequest request, Activation activation) {
    switch (activation) {
      case Activation.Activated done ->
          json(
              request,
              200,
              JsonEncoder.encode(
                  ActivateSpaceResponse.newBuilder()
                      .setSpace(Answers.space(done.to()))
                      .setFormer(Answers.space(done.from()))
                      .setGoldenRequests(done.goldenRequests())
                      .setTookMillis(done.took().toMillis())
                      .build()));
      case Activation.Refused(var why) -> refuse(request, CallEnding.NOT_ACTIVATED, why);
      case Activation.Busy(var why) -> refuse(request, CallEnding.NOT_ACTIVATED, why);
    }
  }

  private void answer(HttpServerRequest request, String path) {
    switch (path) {
      case "/metrics" ->
          request.response().putHeader(HttpHeaders.CONTENT_TYPE, PROMETHEUS).end(metrics.get());
      case "/health/live" -> status(request, 200, "live", "");
      case "/admin/spaces" -> {
        var now = spaces.now();
        json(
            request,
            200,
            JsonEncoder.encode(
                ListSpacesResponse.newBuilder()
                    .setSpace(Answers.space(now.answers()))
                    .setFinishing(now.finishing())
                    .setActivating(now.activating())
                    .build()));
      }
      case "/admin/workers" -> json(request, 200, JsonEncoder.encode(workers(workers.now())));
      default -> {
        switch (readiness.get()) {
          case Readiness.Ready() -> status(request, 200, "ready", "");
          case Readiness.NotReady(var why) -> status(request, 503, "not_ready", why);
        }
      }
    }
  }

  private static ListWorkersResponse workers(WorkerTable.Now now) {
    var answer = ListWorkersResponse.newBuilder().setWaiting(now.waiting());
    for (var row : now.rows()) {
      answer.addWorkers(
          Worker.newBuilder()
              .setEndpoint(row.endpoint())
              .setModel(row.model())
              .setVersion(row.version())
              .setZone(row.zone())
              .setStanding(row.standing())
              .setWhy(row.why())
              .setSinceMillis(row.since().toMillis())
              .setUnderWay(row.underWay())
              .setLimit(row.limit())
              .setLatencyMillis(row.latency().toNanos() / NANOS_A_MILLI)
              .setShare(row.share())
              .setEjections(row.ejections()));
    }
    return answer.build();
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
    json(request, code, body);
  }

  private static void json(HttpServerRequest request, int code, Buffer body) {
    request
        .response()
        .setStatusCode(code)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(body);
  }

  private static void invalid(HttpServerRequest request, List<Violation> violations) {
    refuse(request, CallReply.Refusal.invalid("", violations));
  }

  private static void refuse(HttpServerRequest request, CallEnding ending, String detail) {
    refuse(request, CallReply.Refusal.of("", ending, detail));
  }

  private static void refuse(HttpServerRequest request, CallReply.Refusal refusal) {
    request
        .response()
        .setStatusCode(refusal.ending().httpStatus())
        .putHeader(HttpHeaders.CONTENT_TYPE, ProblemDetails.CONTENT_TYPE)
        .end(ProblemDetails.encode(refusal));
  }
}
