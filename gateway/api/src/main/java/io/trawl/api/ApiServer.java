package io.trawl.api;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.api.call.Admission;
import io.trawl.api.call.ApiMetrics;
import io.trawl.api.call.ApiOptions;
import io.trawl.api.call.Connections;
import io.trawl.api.call.Edge;
import io.trawl.api.call.PortMetrics;
import io.trawl.api.call.Reading;
import io.trawl.api.call.RetrievalCalls;
import io.trawl.api.check.ApiLimits;
import io.trawl.api.grpc.GrpcCalls;
import io.trawl.api.grpc.GrpcRoutes;
import io.trawl.api.http.Cors;
import io.trawl.api.http.HttpDocument;
import io.trawl.api.http.HttpRoutes;
import io.trawl.api.oip.OipCalls;
import io.trawl.api.oip.OipHttp;
import io.trawl.api.openapi.OpenApi;
import io.trawl.domain.Ticker;
import io.trawl.serve.Retriever;
import io.trawl.serve.space.Readiness;
import io.trawl.workers.wire.bounds.ConnectionLimit;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The public API on its two ports: HTTP/1.1 and h2c, and gRPC.
 *
 * <pre>{@code
 * var server = ApiServer.create(vertx, retriever, new ApiOptions("127.0.0.1", 8080, 9090),
 *     ApiLimits.defaults(), Ticker.system(), registry, MemoryBudget.of(0, 0, 1 << 20),
 *     () -> UUID.randomUUID().toString(), probe::readiness);
 * server.start().onSuccess(_ -> log.info("HTTP on {}, gRPC on {}", server.httpPort(), server.grpcPort()));
 * }</pre>
 */
public final class ApiServer {

  /** Names for free ports; only their being different means anything. */
  private static final AtomicInteger FREE_PORTS = new AtomicInteger();

  private final Edge edge;
  private final RetrievalCalls calls;
  private final OipCalls oip;
  private final Supplier<Readiness> readiness;
  private final Function<Duration, Future<Void>> after;
  private final List<HttpDocument> documents;

  /** Written by {@link #start} alone, before its future completes. */
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  private ApiServer(Edge edge, Retriever retriever, Ticker ticker, Supplier<Readiness> readiness) {
    this.edge = edge;
    this.readiness = readiness;
    this.after = time -> edge.vertx().timer(time.toNanos(), TimeUnit.NANOSECONDS).mapEmpty();
    var limits = edge.limits();
    calls = new RetrievalCalls(edge, retriever, ticker);
    oip =
        new OipCalls(
            calls,
            limits.messages().maxViolations(),
            () -> retriever.space().version(),
            () -> readiness.get() instanceof Readiness.Ready);
    documents = OpenApi.documents(limits);
  }

  private ApiServer(ApiServer other, Function<Duration, Future<Void>> after) {
    this.edge = other.edge;
    this.calls = other.calls;
    this.oip = other.oip;
    this.readiness = other.readiness;
    this.documents = other.documents;
    this.after = after;
  }

  /**
   * Nothing listens before {@link #start}.
   *
   * @param budget what everything in flight may hold, shared with the process' other ports
   * @param ids names for requests that bring none; each fit for a header: letters, digits, hyphens
   * @param readiness what gRPC's health service tells; asked at each probe, must not block
   */
  public static ApiServer create(
      Vertx vertx,
      Retriever retriever,
      ApiOptions options,
      ApiLimits limits,
      Ticker ticker,
      MeterRegistry registry,
      MemoryBudget budget,
      Supplier<String> ids,
      Supplier<Readiness> readiness) {
    var metrics = new ApiMetrics(registry, ticker);
    var ports = new PortWatch(options.ports(), budget, ticker::nanos);
    var admission = new Admission(options.bounds().work(), ticker, retriever::waitsLong, registry);
    PortMetrics.of(budget, registry);
    PortMetrics.of(ports, "public", registry);
    var reading = new Reading(admission, retriever::compute);
    var connections = new Connections(ports);
    var edge = new Edge(vertx, limits, options, metrics, connections, admission, reading, ids);
    return new ApiServer(edge, retriever, ticker, readiness);
  }

  /**
   * The same server before it is started, where somebody else says how time passes as it ends.
   *
   * @param after completes when so long has passed, which is more than no time
   */
  ApiServer waiting(Function<Duration, Future<Void>> after) {
    return new ApiServer(this, after);
  }

  /** Listens; completes when both ports accept, fails where one is taken. */
  public Future<ApiServer> start() {
    var options = edge.options();
    int httpPort = shareable(options.httpPort());
    int grpcPort = shareable(options.grpcPort());
    return listen(httpPort, grpcPort)
        .compose(_ -> listenOnOtherLoops(httpPort, grpcPort))
        .map(this)
        .recover(cause -> close().transform(_ -> Future.failedFuture(cause)));
  }

  /**
   * Vert.x shares a port among servers by the number that they ask for; for a free one that all of
   * them share they ask for the same negative number.
   */
  private static int shareable(int port) {
    return port == 0 ? FREE_PORTS.decrementAndGet() : port;
  }

  private Future<?> listenOnOtherLoops(int httpPort, int grpcPort) {
    List<Future<?>> others = new ArrayList<>();
    for (int i = 1; i < edge.options().eventLoops(); i++) {
      others.add(listen(httpPort, grpcPort));
    }
    return Future.all(others);
  }

  private Future<?> listen(int httpPort, int grpcPort) {
    var cors = new Cors(edge.options().corsOrigins());
    var routes = new HttpRoutes(edge, cors, calls, documents);
    var facade = new OipHttp(edge, cors, oip);
    var services = List.of(GrpcCalls.of(edge, calls), oip.overGrpc(edge));
    var listener =
        new Listener(
            edge,
            httpPort,
            grpcPort,
            request -> (OipHttp.serves(request.path()) ? facade : routes).handle(request),
            new GrpcRoutes(edge, services, readiness, routes::handleMisplaced),
            routes::handleInvalid);
    return edge.vertx().deployVerticle(listener).onSuccess(_ -> listeners.add(listener));
  }

  /** The port that HTTP listens on, once started. */
  public int httpPort() {
    return listeners.getFirst().httpPort();
  }

  /** The port that gRPC listens on, once started. */
  public int grpcPort() {
    return listeners.getFirst().grpcPort();
  }

  /**
   * Sends callers away for {@link ApiOptions.Timeouts#lameDuckTimeout}, and serves all the same:
   * whoever balances load over gateways sees meanwhile that this one is not ready. To be called
   * once readiness says so, and before {@link #close}.
   */
  public Future<Void> leave() {
    edge.connections().leave();
    return within(edge.options().timeouts().lameDuckTimeout());
  }

  private Future<Void> within(Duration time) {
    return time.isZero() ? Future.succeededFuture() : after.apply(time);
  }

  /**
   * Drains: accepts no more, answers what was on its way, lets requests in flight end for {@link
   * ApiOptions.Timeouts#drainTimeout} in all, then cuts what is left. Completes when every
   * connection that has carried a request is closed.
   */
  public Future<Void> close() {
    if (listeners.isEmpty()) {
      return Future.succeededFuture();
    }
    int httpPort = httpPort();
    int grpcPort = grpcPort();
    var closing = List.copyOf(listeners);
    listeners.clear();
    var drainTimeout = edge.options().timeouts().drainTimeout();
    return Future.join(
            ConnectionLimit.stopAccepting(edge.vertx(), httpPort),
            ConnectionLimit.stopAccepting(edge.vertx(), grpcPort))
        .compose(
            _ -> edge.connections().drain(drainTimeout, time -> withinOnEachLoop(time, closing)))
        .compose(_ -> undeploy(closing));
  }

  /** A loop that is behind has read by then what had come in time. */
  private Future<Void> withinOnEachLoop(Duration time, List<Listener> loops) {
    return Future.join(loops.stream().map(loop -> loop.on(() -> within(time))).toList()).mapEmpty();
  }

  private Future<Void> undeploy(List<Listener> closing) {
    List<Future<?>> stopped = new ArrayList<>();
    for (var listener : closing) {
      stopped.add(edge.vertx().undeploy(listener.deploymentID()));
    }
    return Future.join(stopped).mapEmpty();
  }
}
