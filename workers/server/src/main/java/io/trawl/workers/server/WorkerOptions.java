package io.trawl.workers.server;

import com.sun.management.OperatingSystemMXBean;
import io.trawl.workers.server.edge.GrpcEdge;
import io.trawl.workers.server.edge.Restriction;
import io.trawl.workers.server.edge.Restrictions;
import io.trawl.workers.wire.bounds.ConnectionLimit;
import io.trawl.workers.wire.bounds.PortLimits;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a worker can be told. A component that a command-line option sets says which; the option's
 * name is Triton's where Triton has one. A refusal names the option, or else the component.
 *
 * @param modelRepository {@code --model-repository}: folder with one folder per model
 */
public record WorkerOptions(
    Path modelRepository,
    Models models,
    Listen listen,
    Access access,
    Limits limits,
    Runs runs,
    Bounds bounds) {

  /** Where the machine is small, or the heap takes it all. */
  private static final long SMALLEST_MEMORY = 256L << 20;

  /**
   * Which models are served, and when that is enough to be ready.
   *
   * @param control {@code --model-control-mode}: whether calls may load and unload; none
   * @param load {@code --load-model}, repeatable, with explicit control: the models to serve from
   *     the start; {@code *} stands for every folder of the repository. A name without a folder
   *     keeps the worker from being ready
   * @param strictReadiness {@code --strict-readiness}: whether the worker is ready only when every
   *     model that should answer does; true
   * @param gpuAsCpu {@code --gpu-as-cpu}: whether instances that a configuration wants on a GPU run
   *     on the CPU instead of being refused; false
   */
  public record Models(
      ModelControlMode control, List<String> load, boolean strictReadiness, boolean gpuAsCpu) {
    public Models {
      load = List.copyOf(load);
      check(
          control == ModelControlMode.EXPLICIT || load.isEmpty(),
          "load-model",
          String.join(", ", load),
          "nothing unless model-control-mode is explicit");
    }
  }

  /**
   * Where the worker listens: on 127.0.0.1 unless told otherwise, unlike Triton's 0.0.0.0, since
   * the protocol has no authentication. Port 0 stands for any free one.
   *
   * @param grpcAddress {@code --grpc-address}
   * @param grpcPort {@code --grpc-port}: 8001
   * @param httpAddress {@code --http-address}, of HTTP and metrics
   * @param httpPort {@code --http-port}: 8000
   * @param metricsPort {@code --metrics-port}: 8002
   */
  public record Listen(
      String grpcAddress, int grpcPort, String httpAddress, int httpPort, int metricsPort) {
    public Listen {
      checkPort("grpc-port", grpcPort);
      checkPort("http-port", httpPort);
      checkPort("metrics-port", metricsPort);
      check(!grpcAddress.isBlank(), "grpc-address", grpcAddress, "an address");
      check(!httpAddress.isBlank(), "http-address", httpAddress, "an address");
    }

    private static void checkPort(String name, int port) {
      check(port >= 0 && port <= 65535, name, port, "0 to 65535");
    }
  }

  /**
   * Who may ask what.
   *
   * @param grpc {@code --grpc-restricted-protocol}, repeatable: calls over gRPC that want a header
   * @param http {@code --http-restricted-api}, repeatable: the same over HTTP
   * @param loadOverrides {@code --allow-load-overrides}: whether a load by a call may bring a
   *     configuration and files of its own, with explicit control; false, unlike Triton
   */
  public record Access(List<Restriction> grpc, List<Restriction> http, boolean loadOverrides) {

    /** What holds where nothing else is said. */
    public static final Access DEFAULT = new Access(List.of(), List.of(), false);

    public Access {
      grpc = List.copyOf(grpc);
      http = List.copyOf(http);
      var _ = Restrictions.ofGrpc(grpc);
      var _ = Restrictions.ofHttp(http);
    }
  }

  /**
   * What the worker spends on its calls.
   *
   * @param exitTimeout {@code --exit-timeout-secs}: how long a drain may take before what still
   *     waits is refused; 30 s
   * @param messageBytes largest request, in bytes, before it is refused; 64 MiB
   * @param intraOpThreads {@code --intra-op-threads}: threads of one operator inside one instance;
   *     1. With more, instances compete for cores
   * @param queuedRequests most waiting requests of a model whose configuration names no {@code
   *     max_queue_size}; 1,024. Triton has no limit there
   */
  public record Limits(
      Duration exitTimeout, int messageBytes, int intraOpThreads, int queuedRequests) {

    /** What holds where nothing else is said. */
    public static final Limits DEFAULT = new Limits(Duration.ofSeconds(30), 64 << 20, 1, 1024);

    public Limits {
      check(!exitTimeout.isNegative(), "exit-timeout-secs", exitTimeout, "0 or more");
      check(
          messageBytes >= 1024 && messageBytes <= 1 << 30,
          "messageBytes",
          messageBytes,
          "1024 to 1073741824");
      check(
          intraOpThreads >= 1 && intraOpThreads <= 256,
          "intra-op-threads",
          intraOpThreads,
          "1 to 256");
      check(queuedRequests >= 1, "queuedRequests", queuedRequests, "1 or more");
    }
  }

  /**
   * What the worker does about runs of models that go on and on.
   *
   * @param timeout {@code --run-timeout-secs}: the longest that a run may take; then it is asked to
   *     end, whoever waits for it; 60 s
   * @param stopTimeout {@code --run-stop-timeout-secs}: how long a run that was asked to end may
   *     take over it; then its instance counts as lost, and without instances its model is not
   *     ready; 5 s
   * @param exitIfStuck {@code --exit-if-stuck}: whether the process ends, with status {@link
   *     ModelWorker#STUCK_STATUS}, when a run has passed both; otherwise it goes on without that
   *     thread and core. The command line's default is true; that of {@link WorkerOptions#of},
   *     which is for workers in somebody's JVM, is false
   * @param maxDim {@code --max-dim}: longest dimension, beside the batch, that a request may give
   *     to an input where the model leaves it open and its configuration names no {@code
   *     trawl.max_dim}; 1,048,576. Triton has no limit there
   * @param memoryBytes {@code --run-memory-bytes}: what runs of all models may take together,
   *     weights not counted; 0 for three quarters of what the Java heap leaves of the machine's or
   *     container's memory. ONNX Runtime has one bound in a process: the first worker's
   */
  public record Runs(
      Duration timeout, Duration stopTimeout, boolean exitIfStuck, int maxDim, long memoryBytes) {

    /** What holds where nothing else is said. */
    public static final Runs DEFAULT =
        new Runs(Duration.ofSeconds(60), Duration.ofSeconds(5), false, 1 << 20, 0);

    public Runs {
      check(timeout.isPositive(), "run-timeout-secs", timeout, "more than 0");
      check(stopTimeout.isPositive(), "run-stop-timeout-secs", stopTimeout, "more than 0");
      check(maxDim >= 1, "max-dim", maxDim, "1 or more");
      check(memoryBytes >= 0, "run-memory-bytes", memoryBytes, "0 or more");
    }

    /** The bound in bytes. */
    long memory() {
      if (memoryBytes > 0) {
        return memoryBytes;
      }
      long machine =
          ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
              ? system.getTotalMemorySize()
              : Long.MAX_VALUE / 4;
      return Math.max(SMALLEST_MEMORY, (machine - Runtime.getRuntime().maxMemory()) / 4 * 3);
    }
  }

  /**
   * What callers may hold, and how long they may take.
   *
   * @param memoryBytes {@code --memory-bytes}: bytes of requests that are not answered and of
   *     answers that are not taken, on all ports; 0 for an eighth of the heap, and for room for one
   *     message at least
   * @param maxConnections {@code --max-connections}: of all ports; 4,096
   * @param maxConnectionsOfAddress {@code --max-connections-of-address}: of one address; 1,024
   * @param times {@code --head-timeout-secs}, {@code --body-timeout-secs}, {@code
   *     --idle-timeout-secs}, {@code --answer-timeout-secs}, {@code --max-abandoned-of-address} and
   *     {@code --max-streams-of-address}; 10, 30, 600 and 30 s, 20,000 and 16,384
   */
  public record Bounds(
      long memoryBytes, int maxConnections, int maxConnectionsOfAddress, PortLimits times) {

    /** What holds where nothing else is said. */
    public static final Bounds DEFAULT =
        new Bounds(
            0,
            4096,
            1024,
            new PortLimits(
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofMinutes(10),
                Duration.ofSeconds(30),
                20_000,
                16_384,
                GrpcEdge.STREAM_PATH::equals));

    public Bounds {
      check(memoryBytes >= 0, "memory-bytes", memoryBytes, "0 or more");
      check(maxConnections >= 1, "max-connections", maxConnections, "1 or more");
      check(
          maxConnectionsOfAddress >= 1,
          "max-connections-of-address",
          maxConnectionsOfAddress,
          "1 or more");
    }

    /** For the transport that the ports listen over. */
    public ConnectionLimit connections() {
      return new ConnectionLimit(maxConnections, maxConnectionsOfAddress, times.headTimeout());
    }
  }

  /** Triton's default ports, and defaults for everything else. */
  public static WorkerOptions of(Path modelRepository) {
    return new WorkerOptions(
        modelRepository,
        new Models(ModelControlMode.NONE, List.of(), true, false),
        new Listen("127.0.0.1", 8001, "127.0.0.1", 8000, 8002),
        Access.DEFAULT,
        Limits.DEFAULT,
        Runs.DEFAULT,
        Bounds.DEFAULT);
  }

  private static void check(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      Object given = value instanceof Duration duration ? duration.toSeconds() : value;
      throw new IllegalArgumentException(name + " is '" + given + "', expected " + expected);
    }
  }

  /** The same options on other ports, 0 for any free one. */
  public WorkerOptions withPorts(int grpc, int http, int metrics) {
    return new WorkerOptions(
        modelRepository,
        models,
        new Listen(listen.grpcAddress(), grpc, listen.httpAddress(), http, metrics),
        access,
        limits,
        runs,
        bounds);
  }

  /** The same options for other models. */
  public WorkerOptions withModels(Models other) {
    return new WorkerOptions(modelRepository, other, listen, access, limits, runs, bounds);
  }

  /** The same options with explicit control, serving the named models from the start. */
  public WorkerOptions withLoadModels(List<String> names) {
    return withModels(
        new Models(ModelControlMode.EXPLICIT, names, models.strictReadiness(), models.gpuAsCpu()));
  }

  /** The same options with other limits. */
  public WorkerOptions withLimits(Limits other) {
    return new WorkerOptions(modelRepository, models, listen, access, other, runs, bounds);
  }

  /** The same options with other bounds of runs. */
  public WorkerOptions withRuns(Runs other) {
    return new WorkerOptions(modelRepository, models, listen, access, limits, other, bounds);
  }

  /** The same options with other bounds of what callers hold. */
  public WorkerOptions withBounds(Bounds other) {
    return new WorkerOptions(modelRepository, models, listen, access, limits, runs, other);
  }

  /** The same options for other callers. */
  public WorkerOptions withAccess(Access other) {
    return new WorkerOptions(modelRepository, models, listen, other, limits, runs, bounds);
  }
}
