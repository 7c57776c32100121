package io.trawl.workers.server;

import io.trawl.workers.process.Log;
import io.trawl.workers.protocol.HealthProto;
import io.trawl.workers.server.edge.BoundedRequests;
import io.trawl.workers.server.edge.GrpcEdge;
import io.trawl.workers.server.edge.HttpEdge;
import io.trawl.workers.server.edge.Inference;
import io.trawl.workers.server.edge.MetricsPage;
import io.trawl.workers.server.edge.OipService;
import io.trawl.workers.server.edge.OipService.Phase;
import io.trawl.workers.server.edge.Reading;
import io.trawl.workers.server.edge.Restrictions;
import io.trawl.workers.server.edge.Room;
import io.trawl.workers.server.repository.ConfigException;
import io.trawl.workers.server.repository.ModelControl;
import io.trawl.workers.server.repository.ModelEntry;
import io.trawl.workers.server.repository.ModelLoader;
import io.trawl.workers.server.repository.Repository;
import io.trawl.workers.server.repository.RepositoryService;
import io.trawl.workers.server.repository.ServedModel;
import io.trawl.workers.server.run.OnnxInstance;
import io.trawl.workers.server.run.RunLimits;
import io.trawl.workers.server.run.TimerThread;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.GrpcFrame;
import io.trawl.workers.wire.GrpcHealth;
import io.trawl.workers.wire.GrpcReflection;
import io.trawl.workers.wire.GrpcServers;
import io.trawl.workers.wire.NanoClock;
import io.trawl.workers.wire.bounds.ConnectionLimit;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.server.GrpcServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model worker in this JVM.
 *
 * <p>Its life: {@link #create}, {@link #start} (listens, then loads and warms up every model; ports
 * answer from the beginning, readiness comes with the last model), {@link #drain} (finishes what it
 * has and refuses what is new), {@link #close}. A model that cannot be loaded is logged with its
 * reason and keeps {@link #ready} false, but the others answer.
 *
 * <p>All methods may be called from any thread and none waits.
 */
public final class ModelWorker {
  private static final Logger LOG = LoggerFactory.getLogger(ModelWorker.class);

  /** With which the process ends where a run does not: {@code EX_SOFTWARE}. */
  public static final int STUCK_STATUS = 70;

  private static final int STREAM_WINDOW_BYTES = 4 << 20;
  private static final int CONNECTION_WINDOW_BYTES = 32 << 20;
  private static final int FRAME_BYTES = 1 << 20;
  private static final int STREAMS_PER_CONNECTION = 4096;
  private static final int PACKED_FROM_BYTES = 256;

  private static final Duration LAST_LINE = Duration.ofSeconds(1);
  private static final Duration CLOSE_GRACE = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final WorkerOptions options;
  private final NanoClock ticker = NanoClock.system();
  private final Repository repository = new Repository();
  private final ModelControl control;
  private final RepositoryService calls;
  private final TimerThread timers = new TimerThread();
  private final OipService service;
  private final Reading reading;
  private final GrpcEdge grpcEdge;
  private final MemoryBudget memory;
  private final PortWatch watch;
  private final @Nullable ConnectionLimit connections;
  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
  private final AtomicBoolean ends = new AtomicBoolean();
  private final Consumer<String> halt;
  private volatile @Nullable WorkerPorts ports;
  private volatile @Nullable HttpServer httpTwins;

  private ModelWorker(
      Vertx vertx,
      WorkerOptions options,
      @Nullable ConnectionLimit connections,
      ModelLoader.Backend backend,
      Consumer<String> halt) {
    String version = ModelWorker.class.getPackage().getImplementationVersion();
    this.vertx = vertx;
    this.options = options;
    this.connections = connections;
    this.halt = halt;
    var loader =
        new ModelLoader(
            options.modelRepository(),
            options.models().gpuAsCpu(),
            options.limits().queuedRequests(),
            options.runs().maxDim(),
            new RunLimits(options.runs().timeout(), options.runs().stopTimeout(), this::stuck),
            backend,
            ticker,
            timers);
    this.control = new ModelControl(repository, loader, this::draining);
    this.calls =
        new RepositoryService(
            vertx,
            options.modelRepository(),
            repository,
            control,
            options.models().control() == ModelControlMode.EXPLICIT,
            options.access().loadOverrides());
    this.service =
        new OipService(
            repository,
            new Inference(repository, ticker),
            calls,
            options.models().strictReadiness(),
            version == null ? "dev" : version);
    this.memory =
        MemoryBudget.of(
            options.bounds().memoryBytes(),
            0,
            options.limits().messageBytes() + GrpcFrame.PREFIX_BYTES + Room.BESIDE_A_MESSAGE);
    this.watch = new PortWatch(options.bounds().times(), memory, ticker::nanos);
    this.reading = new Reading(vertx);
    this.grpcEdge =
        new GrpcEdge(
            service,
            reading,
            ticker,
            Alarm.of(vertx),
            options.limits().messageBytes(),
            Restrictions.ofGrpc(options.access().grpc()));
  }

  /** The policy for a run that cannot be ended. */
  private void stuck(String what) {
    if (!options.runs().exitIfStuck()) {
      LOG.error("{}; the process goes on without its thread and core", what);
    } else if (ends.compareAndSet(false, true)) {
      LOG.error("{}; the process ends when all else is finished", what);
      // Whoever waits for other models gets answers first.
      drain(options.limits().exitTimeout()).onComplete(_ -> halt.accept(what));
    }
  }

  /** Ends the process at once, with a last line, if somebody reads it. */
  private static void halt(String what) {
    String line = "worker: " + what + "; ends with status " + STUCK_STATUS;
    Thread last =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  Log.flush(LAST_LINE.dividedBy(2));
                  System.err.println(line);
                });
    try {
      last.join(LAST_LINE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(STUCK_STATUS);
  }

  private boolean draining() {
    return service.draining();
  }

  /** A worker on ONNX Runtime that is not started yet. */
  public static ModelWorker create(Vertx vertx, WorkerOptions options) {
    return create(vertx, options, (ConnectionLimit) null);
  }

  /**
   * The same in a process of its own.
   *
   * @param connections that the transport of {@code vertx} keeps, for the metrics
   */
  public static ModelWorker create(
      Vertx vertx, WorkerOptions options, @Nullable ConnectionLimit connections) {
    int threads = options.limits().intraOpThreads();
    long memory = options.runs().memory();
    return new ModelWorker(
        vertx,
        options,
        connections,
        file -> OnnxInstance.open(file, threads, memory, NanoClock.system()),
        ModelWorker::halt);
  }

  /** A worker on another backend: for tests that hold an inference where they want it. */
  static ModelWorker create(Vertx vertx, WorkerOptions options, ModelLoader.Backend backend) {
    return create(vertx, options, backend, ModelWorker::halt);
  }

  /** The same, with another way to end the process than to end it. */
  static ModelWorker create(
      Vertx vertx, WorkerOptions options, ModelLoader.Backend backend, Consumer<String> halt) {
    return new ModelWorker(vertx, options, null, backend, halt);
  }

  /**
   * Listens and loads. Completes when every model was tried, whether all answer or not: ask {@link
   * #ready}. Fails where the repository cannot be read or a port is taken.
   */
  public Future<ModelWorker> start() {
    return vertx
        .executeBlocking(this::modelNames, false)
        .compose(
            names -> {
              names.forEach(name -> repository.put(ModelEntry.first(name)));
              return listen().compose(_ -> calls.loadFirst(names));
            })
        .map(
            _ -> {
              service.enter(Phase.SERVING);
              return this;
            })
        .recover(failure -> close().transform(_ -> Future.failedFuture(failure)));
  }

  private List<String> modelNames() throws ConfigException {
    List<String> present = Repository.modelsIn(options.modelRepository());
    boolean all =
        options.models().control() == ModelControlMode.NONE
            || options.models().load().contains("*");
    return all ? present : options.models().load();
  }

  private Future<Void> listen() {
    WorkerOptions.Listen listen = options.listen();
    Future<Integer> grpc =
        listening(
            server(
                grpcOptions(listen.grpcAddress(), listen.grpcPort()),
                BoundedRequests.of(grpcEdge.restrictingHealth(GrpcServers.before(grpc())))));
    HttpServer twins =
        server(
            packing(httpOptions(listen.httpAddress(), listen.httpPort())),
            BoundedRequests.of(
                new HttpEdge(
                        vertx,
                        service,
                        reading,
                        options.limits().messageBytes(),
                        Restrictions.ofHttp(options.access().http()))
                    ::handle));
    httpTwins = twins;
    Future<Integer> http = listening(twins);
    Future<Integer> metrics =
        listening(
            server(
                httpOptions(listen.httpAddress(), listen.metricsPort()),
                new MetricsPage(repository, control, grpcEdge, reading, memory, watch, connections)
                    ::handle));
    return Future.join(grpc, http, metrics)
        .compose(
            _ -> {
              ports = new WorkerPorts(grpc.result(), http.result(), metrics.result());
              return Future.succeededFuture();
            });
  }

  private GrpcServer grpc() {
    GrpcServer grpc = GrpcServers.overHttp2(vertx, options.limits().messageBytes());
    grpcEdge.register(grpc);
    GrpcHealth.of(vertx, this::serves).mount(grpc);
    GrpcReflection.of(
            List.of(GrpcEdge.DESCRIPTOR, HealthProto.getDescriptor().findServiceByName("Health")))
        .mount(grpc);
    return grpc;
  }

  private @Nullable Boolean serves(String name) {
    boolean known = name.isEmpty() || name.equals(GrpcEdge.DESCRIPTOR.getFullName());
    return known ? (Boolean) ready() : null;
  }

  private static HttpServerOptions grpcOptions(String address, int port) {
    return httpOptions(address, port)
        .setInitialSettings(
            new Http2Settings()
                .setInitialWindowSize(STREAM_WINDOW_BYTES)
                .setMaxFrameSize(FRAME_BYTES)
                .setMaxConcurrentStreams(STREAMS_PER_CONNECTION))
        .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
        // A client with tight deadlines cancels often; closing its connection over that would
        // take every other call on it down.
        .setHttp2RstFloodMaxRstFramePerWindow(0);
  }

  private static HttpServerOptions httpOptions(String address, int port) {
    return new HttpServerOptions().setHost(address).setPort(port);
  }

  /** Answers are packed for whoever accepts that, where it pays and at the lowest cost. */
  private static HttpServerOptions packing(HttpServerOptions http) {
    return http.setCompressionSupported(true)
        .setCompressionLevel(1)
        .setCompressionContentSizeThreshold(PACKED_FROM_BYTES);
  }

  private HttpServer server(HttpServerOptions where, Handler<HttpServerRequest> handler) {
    HttpServer server =
        vertx
            .createHttpServer(where)
            .connectionHandler(watch::watch)
            .invalidRequestHandler(HttpEdge::refuse)
            .requestHandler(handler);
    servers.add(server);
    return server;
  }

  private static Future<Integer> listening(HttpServer server) {
    return server.listen().map(HttpServer::actualPort);
  }

  /**
   * Where the started worker listens.
   *
   * @throws IllegalStateException before {@link #start} has succeeded
   */
  public WorkerPorts ports() {
    WorkerPorts bound = ports;
    if (bound == null) {
      throw new IllegalStateException("the worker has not been started");
    }
    return bound;
  }

  /** Whether every model that should answer does, and the worker takes requests. */
  public boolean ready() {
    return service.ready();
  }

  /** Why models do not answer: a reason for each that was tried and failed, by name. */
  public SortedMap<String, String> failures() {
    SortedMap<String, String> reasons = new TreeMap<>();
    for (ModelEntry entry : repository.entries()) {
      for (Map.Entry<Long, String> failure : entry.failures().entrySet()) {
        String key = failure.getKey() == 0 ? entry.name() : entry.name() + "/" + failure.getKey();
        reasons.put(key, failure.getValue());
      }
    }
    return reasons;
  }

  /**
   * Stops taking requests, as on SIGTERM: readiness fails at once, what runs or waits is finished.
   * The HTTP port closes at once, so that whoever probes there looks elsewhere; its connections
   * close as they have nothing under way.
   *
   * @param timeout how long that may take; afterwards what still waits is refused
   * @return whether everything was finished in time
   */
  public Future<Boolean> drain(Duration timeout) {
    if (service.enter(Phase.DRAINING)) {
      LOG.info("draining, for at most {} s", timeout.toSeconds());
      HttpServer twins = httpTwins;
      if (twins != null) {
        var _ = twins.shutdown(Math.max(1, timeout.toMillis()), TimeUnit.MILLISECONDS);
      }
    }
    CompletableFuture<?>[] schedulers =
        held()
            .map(model -> model.scheduler().drain().toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    CompletableFuture<Boolean> finished =
        CompletableFuture.allOf(schedulers)
            .thenApply(_ -> true)
            .completeOnTimeout(false, timeout.toMillis(), TimeUnit.MILLISECONDS);
    return Future.fromCompletionStage(finished);
  }

  /** Every version that may hold calls or memory. */
  private Stream<ServedModel> held() {
    return Stream.concat(repository.served().stream(), control.retiring().stream());
  }

  /**
   * {@link #drain} with the configured exit timeout, then {@link #close}: all of an orderly end.
   */
  public Future<Boolean> shutdown() {
    return drain(options.limits().exitTimeout()).compose(finished -> close().map(finished));
  }

  /** Ends: what waits is refused, ports close, sessions are given back. Idempotent. */
  public Future<Void> close() {
    service.enter(Phase.DRAINING);
    held().forEach(model -> model.scheduler().close());
    List<Future<Void>> closing =
        servers.stream()
            .map(server -> server.shutdown(CLOSE_GRACE.toMillis(), TimeUnit.MILLISECONDS))
            .toList();
    return Future.join(closing)
        .eventually(
            () -> Future.join(vertx.executeBlocking(this::closeTimers, false), calls.close()))
        .mapEmpty();
  }

  /** Waits for the lock of their queue. */
  private @Nullable Void closeTimers() {
    timers.close();
    return null;
  }
}
