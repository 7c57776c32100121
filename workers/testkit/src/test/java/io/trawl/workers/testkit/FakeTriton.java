package io.trawl.workers.testkit;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelReadyResponse;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataResponse;
import io.trawl.workers.protocol.ServerReadyResponse;
import io.trawl.workers.wire.bounds.CancelledAnswers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Triton that does as a test says: it plays its {@link Script}s, in the order of arrival, and
 * remembers what it saw. Safe for any thread.
 */
public final class FakeTriton {

  private static final String SERVICE = "/inference.GRPCInferenceService/";
  private static final int HTTP2_CANCEL = 8;
  private static final InferBehaviour UNSCRIPTED =
      exchange -> exchange.fail(GrpcStatus.UNIMPLEMENTED, "nothing was scripted");

  /** The name of the script for models that have none of their own. */
  private static final String ANY = "";

  private final Vertx vertx;
  private final HttpServer server;
  private final HttpServer health;

  // Guarded by this.
  private final Map<String, Lines> lines = new HashMap<>();
  private final List<SeenCall> calls = new ArrayList<>();
  private final Map<Integer, Promise<SeenCall>> awaited = new HashMap<>();
  private final Map<String, ModelMetadataResponse> models = new LinkedHashMap<>();
  private final Map<String, ModelConfig> configs = new LinkedHashMap<>();
  private final Map<String, FakeModel> served = new HashMap<>();
  private boolean live = true;
  private boolean ready = true;
  private @Nullable Rejection draining;
  private int connections;

  private FakeTriton(Vertx vertx, HttpServer server, HttpServer health) {
    this.vertx = vertx;
    this.server = server;
    this.health = health;
  }

  /** Listens on free ports of the loopback address. */
  public static Future<FakeTriton> start(Vertx vertx) {
    HttpServer server =
        vertx.createHttpServer(
            new HttpServerOptions()
                .setHost("127.0.0.1")
                .setPort(0)
                // A test may cancel as often as it likes.
                .setHttp2RstFloodMaxRstFramePerWindow(0)
                .setHttp2ConnectionWindowSize(32 << 20)
                .setInitialSettings(
                    new Http2Settings().setInitialWindowSize(4 << 20).setMaxFrameSize(1 << 20)));
    HttpServer health =
        vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0));
    var fake = new FakeTriton(vertx, server, health);
    server.requestHandler(fake::serve).connectionHandler(fake::connected);
    health.requestHandler(fake::health);
    return Future.join(server.listen(), health.listen()).map(fake);
  }

  public int port() {
    return server.actualPort();
  }

  /** The HTTP port: health alone, as a probe asks for it. */
  public int httpPort() {
    return health.actualPort();
  }

  /** What to do with the inferences of a model; see {@link Script}. */
  public Script on(String model) {
    return new Script(new Line(model));
  }

  /** What to do with the inferences of models that have no script of their own. */
  public Script onAny() {
    return new Script(new Line(ANY));
  }

  /** Serves a model where no script says otherwise. */
  public synchronized FakeTriton serve(FakeModel model) {
    served.put(model.config().getName(), model);
    return model(model.metadata()).config(model.config());
  }

  /** Serves the metadata of a model; once one is known, others are not found. */
  public synchronized FakeTriton model(ModelMetadataResponse metadata) {
    models.put(metadata.getName(), metadata);
    return this;
  }

  /** Serves the configuration of a model. */
  public synchronized FakeTriton config(ModelConfig config) {
    configs.put(config.getName(), config);
    return this;
  }

  public synchronized FakeTriton live(boolean value) {
    live = value;
    return this;
  }

  /** What ServerReady and ModelReady say, whatever the truth. */
  public synchronized FakeTriton ready(boolean value) {
    ready = value;
    return this;
  }

  /**
   * Behaves as Triton does after SIGTERM: readiness is an error and not {@code false}, the HTTP
   * port closes at once, new inferences are refused in this way, and those that are under way end
   * as they would have.
   */
  public Future<Void> drain(Rejection how) {
    synchronized (this) {
      draining = how;
    }
    return health.close();
  }

  /** The inferences so far, in order of arrival. */
  public synchronized List<SeenCall> calls() {
    return List.copyOf(calls);
  }

  /** The inference of this number, the first being 0, as soon as it has arrived. */
  public synchronized Future<SeenCall> call(int number) {
    return number < calls.size()
        ? Future.succeededFuture(calls.get(number))
        : awaited.computeIfAbsent(number, _ -> Promise.promise()).future();
  }

  /** How many connections were opened so far. */
  public synchronized int connections() {
    return connections;
  }

  /** Closes the ports and every connection. */
  public Future<Void> close() {
    return Future.join(server.close(), health.close()).mapEmpty();
  }

  private synchronized void connected(HttpConnection connection) {
    CancelledAnswers.tolerateOn(connection);
    connections++;
  }

  private void serve(HttpServerRequest http) {
    http.body().onSuccess(body -> dispatch(http, body));
  }

  private void dispatch(HttpServerRequest http, Buffer body) {
    String method = http.path().startsWith(SERVICE) ? http.path().substring(SERVICE.length()) : "";
    try {
      switch (method) {
        case "ModelInfer" -> infer(http, parse(ModelInferRequest.parser(), body));
        case "ServerLive" -> reply(http, ServerLiveResponse.newBuilder().setLive(isLive()).build());
        case "ServerReady" -> serverReady(http);
        case "ModelReady" -> modelReady(http, parse(ModelReadyRequest.parser(), body));
        case "ServerMetadata" -> reply(http, serverMetadata());
        case "ModelMetadata" -> modelMetadata(http, parse(ModelMetadataRequest.parser(), body));
        case "ModelConfig" -> modelConfig(http, parse(ModelConfigRequest.parser(), body));
        default -> refuse(http, GrpcStatus.UNIMPLEMENTED, "no method " + http.path());
      }
    } catch (InvalidProtocolBufferException undecodable) {
      refuse(http, GrpcStatus.INTERNAL, "undecodable request: " + undecodable.getMessage());
    }
  }

  private void infer(HttpServerRequest http, ModelInferRequest request) {
    Map<String, String> metadata = new HashMap<>();
    http.headers().forEach((name, value) -> metadata.put(name.toLowerCase(Locale.ROOT), value));
    var seen = new SeenCall(request, metadata);
    http.response()
        .exceptionHandler(
            cause ->
                seen.end(
                    cause instanceof StreamResetException reset && reset.getCode() == HTTP2_CANCEL
                        ? SeenEnding.CANCELLED
                        : SeenEnding.LOST))
        .closeHandler(_ -> seen.end(SeenEnding.LOST));
    InferBehaviour behaviour = remember(seen);
    behaviour.play(new Exchange(vertx, http, seen));
  }

  private InferBehaviour remember(SeenCall seen) {
    Promise<SeenCall> waiting;
    InferBehaviour behaviour;
    synchronized (this) {
      waiting = awaited.remove(calls.size());
      calls.add(seen);
      behaviour = behaviour(seen.request().getModelName());
    }
    if (waiting != null) {
      waiting.complete(seen);
    }
    return behaviour;
  }

  private synchronized InferBehaviour behaviour(String model) {
    if (draining != null) {
      return draining::play;
    }
    if (!knows(model)) {
      return exchange -> exchange.fail(GrpcStatus.NOT_FOUND, unknown(model));
    }
    for (String name : List.of(model, ANY)) {
      Lines told = lines.get(name);
      InferBehaviour next = told == null ? null : told.poll();
      if (next != null) {
        return next;
      }
    }
    FakeModel honest = served.get(model);
    return honest == null ? UNSCRIPTED : honest::play;
  }

  private void health(HttpServerRequest http) {
    boolean well =
        switch (http.path()) {
          case "/v2/health/live" -> isLive();
          case "/v2/health/ready" -> isReady();
          default -> false;
        };
    http.response().setStatusCode(well ? 200 : 400).end();
  }

  private void serverReady(HttpServerRequest http) {
    if (isDraining()) {
      refuse(http, GrpcStatus.UNAVAILABLE, "Server exiting");
    } else {
      reply(http, ServerReadyResponse.newBuilder().setReady(isReady()).build());
    }
  }

  private void modelReady(HttpServerRequest http, ModelReadyRequest request) {
    if (isDraining()) {
      refuse(http, GrpcStatus.UNAVAILABLE, "Server not ready");
    } else {
      reply(
          http,
          ModelReadyResponse.newBuilder()
              .setReady(isReady() && knows(request.getName(), request.getVersion()))
              .build());
    }
  }

  private synchronized void modelMetadata(HttpServerRequest http, ModelMetadataRequest request) {
    ModelMetadataResponse metadata = models.get(request.getName());
    if (metadata == null) {
      refuse(http, GrpcStatus.NOT_FOUND, unknown(request.getName()));
    } else if (!hasVersion(metadata, request.getVersion())) {
      refuse(
          http,
          GrpcStatus.NOT_FOUND,
          "Request for unknown model: '%s' version %s is not found"
              .formatted(request.getName(), request.getVersion()));
    } else {
      reply(http, metadata);
    }
  }

  private synchronized void modelConfig(HttpServerRequest http, ModelConfigRequest request) {
    ModelConfig config = configs.get(request.getName());
    if (config == null) {
      refuse(http, GrpcStatus.NOT_FOUND, unknown(request.getName()));
    } else {
      reply(http, ModelConfigResponse.newBuilder().setConfig(config).build());
    }
  }

  private synchronized boolean isLive() {
    return live;
  }

  private synchronized boolean isReady() {
    return ready;
  }

  private synchronized boolean isDraining() {
    return draining != null;
  }

  private synchronized boolean knows(String model) {
    return models.isEmpty() || models.containsKey(model);
  }

  private synchronized boolean knows(String model, String version) {
    ModelMetadataResponse metadata = models.get(model);
    return metadata == null ? knows(model) : hasVersion(metadata, version);
  }

  /** Metadata without versions stands for any. */
  private static boolean hasVersion(ModelMetadataResponse metadata, String version) {
    return version.isEmpty()
        || metadata.getVersionsCount() == 0
        || metadata.getVersionsList().contains(version);
  }

  private void reply(HttpServerRequest http, MessageLite message) {
    outside(http).answer(message);
  }

  private void refuse(HttpServerRequest http, GrpcStatus status, String message) {
    outside(http).fail(status, message);
  }

  /** An exchange that is no inference and leaves no trace. */
  private Exchange outside(HttpServerRequest http) {
    return new Exchange(
        vertx, http, new SeenCall(ModelInferRequest.getDefaultInstance(), Map.of()));
  }

  private static ServerMetadataResponse serverMetadata() {
    return ServerMetadataResponse.newBuilder()
        .setName("triton")
        .setVersion("fake")
        .addExtensions("model_configuration")
        .build();
  }

  private static String unknown(String model) {
    return "Request for unknown model: '" + model + "' is not found";
  }

  private static <M> M parse(Parser<M> parser, Buffer frame) throws InvalidProtocolBufferException {
    if (frame.length() < 5 || frame.length() - 5 != frame.getInt(1) || frame.getByte(0) != 0) {
      throw new InvalidProtocolBufferException("not one plain frame");
    }
    return parser.parseFrom(frame.getBytes(5, frame.length()));
  }

  /** What was told of one model. Guarded by the fake. */
  private static final class Lines {

    private final Deque<InferBehaviour> linedUp = new ArrayDeque<>();
    private @Nullable InferBehaviour rest;

    @Nullable InferBehaviour poll() {
      InferBehaviour next = linedUp.poll();
      return next == null ? rest : next;
    }
  }

  /** The way of a script into the fake. */
  private final class Line implements Script.Plan {

    private final String model;

    Line(String model) {
      this.model = model;
    }

    @Override
    public void lineUp(int inferences, InferBehaviour behaviour) {
      synchronized (FakeTriton.this) {
        told().linedUp.addAll(Collections.nCopies(inferences, behaviour));
      }
    }

    @Override
    public void rest(InferBehaviour behaviour) {
      synchronized (FakeTriton.this) {
        told().rest = behaviour;
      }
    }

    private Lines told() {
      return lines.computeIfAbsent(model, _ -> new Lines());
    }
  }
}
