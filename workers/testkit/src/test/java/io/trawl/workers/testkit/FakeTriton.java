package io.trawl.workers.testkit;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.testkit.service.Runner;
import io.trawl.workers.testkit.service.ServiceModel;
import io.trawl.workers.testkit.service.ServiceOptions;
import io.trawl.workers.testkit.service.ServiceTime;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import io.trawl.workers.wire.bounds.CancelledAnswers;
import io.vertx.core.Context;
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
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
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
  private final Connections connections = new Connections();
  private final SelfDescription description = new SelfDescription();

  /** Where the queues of all models are. */
  private final Context context;

  // Guarded by this.
  private final Map<String, Lines> lines = new HashMap<>();
  private final List<SeenCall> calls = new ArrayList<>();
  private final Map<Integer, Promise<SeenCall>> awaited = new HashMap<>();

  private FakeTriton(Vertx vertx, HttpServer server, HttpServer health) {
    this.vertx = vertx;
    this.server = server;
    this.health = health;
    this.context = vertx.getOrCreateContext();
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
    health.requestHandler(
        http -> fake.connections.hear(vertx.getOrCreateContext(), () -> fake.health(http)));
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

  /** Serves a model where no script says otherwise; each run ends as it begins. */
  public FakeTriton serve(FakeModel model) {
    return serve(model, ServiceOptions.instances(1), Runner.immediate());
  }

  /** The same by the clock on the wall: runs take their time, and calls wait for them. */
  public FakeTriton serve(FakeModel model, ServiceOptions options, ServiceTime time) {
    return serve(model, options, Runner.timed(time, Alarm.of(vertx)));
  }

  /**
   * The same with runs of a test's own.
   *
   * @param options of which the largest batch is the model's own
   * @param runner asked on one context, on which it tells the ends too
   */
  public FakeTriton serve(FakeModel model, ServiceOptions options, Runner runner) {
    var service =
        new ServiceModel(
            options.withMaxRows(model.config().getMaxBatchSize()),
            runner,
            NanoClock.system(),
            InstantSource.system(),
            Alarm.of(vertx));
    description.serve(model, new ServedModel(model, service, context));
    return this;
  }

  /** Serves the metadata of a model; once one is known, others are not found. */
  public FakeTriton model(ModelMetadataResponse metadata) {
    description.model(metadata);
    return this;
  }

  /** Serves the configuration of a model. */
  public FakeTriton config(ModelConfig config) {
    description.config(config);
    return this;
  }

  public FakeTriton live(boolean value) {
    description.live(value);
    return this;
  }

  /** What ServerReady and ModelReady say, whatever the truth. */
  public FakeTriton ready(boolean value) {
    description.ready(value);
    return this;
  }

  /**
   * Behaves as Triton does after SIGTERM: readiness is an error and not {@code false}, the HTTP
   * port closes at once, new inferences are refused in this way, and those that are under way end
   * as they would have.
   */
  public Future<Void> drain(Rejection how) {
    description.drain(how);
    description.served().forEach(ServedModel::stop);
    return health.close();
  }

  /** Takes nothing new, as in a drain; complete when no call of a served model waits or runs. */
  public Future<Void> idle() {
    return ofAll(ServedModel::stop);
  }

  /**
   * Stands still, as a process does after SIGSTOP: connections are made, but nobody reads what
   * comes, and nothing is said of what is under way, until it {@link #resume}s. Complete when it
   * does. (What a script has begun is in the test's own hand.)
   */
  public Future<Void> hang() {
    return connections.read(false).compose(_ -> ofAll(ServedModel::pause));
  }

  /** Goes on where it stood still. */
  public Future<Void> resume() {
    return ofAll(ServedModel::resume).compose(_ -> connections.read(true));
  }

  private Future<Void> ofAll(Function<ServedModel, Future<Void>> what) {
    return Future.join(description.served().stream().map(what).toList()).mapEmpty();
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
  public int connections() {
    return connections.number();
  }

  /** Closes the ports and every connection. */
  public Future<Void> close() {
    return Future.join(server.close(), health.close()).mapEmpty();
  }

  private void connected(HttpConnection connection) {
    CancelledAnswers.tolerateOn(connection);
    connections.opened(connection);
  }

  private void serve(HttpServerRequest http) {
    Context own = vertx.getOrCreateContext();
    http.body().onSuccess(body -> connections.hear(own, () -> dispatch(http, body)));
  }

  private void dispatch(HttpServerRequest http, Buffer body) {
    String method = http.path().startsWith(SERVICE) ? http.path().substring(SERVICE.length()) : "";
    Exchange outside = outside(http);
    try {
      byte[] message = message(body);
      if (method.equals("ModelInfer")) {
        infer(http, ModelInferRequest.parseFrom(message));
      } else {
        description.answer(method, message, outside);
      }
    } catch (InvalidProtocolBufferException undecodable) {
      outside.fail(GrpcStatus.INTERNAL, "undecodable request: " + undecodable.getMessage());
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
    if (!description.knows(model)) {
      return exchange -> exchange.fail(GrpcStatus.NOT_FOUND, SelfDescription.unknown(model));
    }
    Optional<InferBehaviour> honest =
        description
            .served(model)
            .map(
                served ->
                    exchange ->
                        served.play(exchange, description.draining().orElse(Rejection.STOPPING)));
    Optional<Rejection> draining = description.draining();
    if (draining.isPresent()) {
      // Who asks wrongly is told so even then.
      return honest.orElse(draining.get()::play);
    }
    for (String name : List.of(model, ANY)) {
      Lines told = lines.get(name);
      InferBehaviour next = told == null ? null : told.poll();
      if (next != null) {
        return next;
      }
    }
    return honest.orElse(UNSCRIPTED);
  }

  private void health(HttpServerRequest http) {
    boolean well =
        switch (http.path()) {
          case "/v2/health/live" -> description.live();
          case "/v2/health/ready" -> description.ready();
          default -> false;
        };
    http.response().setStatusCode(well ? 200 : 400).end();
  }

  /** An exchange that is no inference and leaves no trace. */
  private Exchange outside(HttpServerRequest http) {
    return new Exchange(
        vertx, http, new SeenCall(ModelInferRequest.getDefaultInstance(), Map.of()));
  }

  private static byte[] message(Buffer frame) throws InvalidProtocolBufferException {
    if (frame.length() < 5 || frame.length() - 5 != frame.getInt(1) || frame.getByte(0) != 0) {
      throw new InvalidProtocolBufferException("not one plain frame");
    }
    return frame.getBytes(5, frame.length());
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
