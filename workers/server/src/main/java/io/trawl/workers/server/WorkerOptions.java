package io.trawl.workers.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a worker can be told. Each component carries the name of the command-line option that sets
 * it, which is Triton's where Triton has one.
 *
 * @param modelRepository {@code --model-repository}: folder with one folder per model
 * @param modelControl {@code --model-control-mode}: whether calls may load and unload; none
 * @param loadModels {@code --load-model}, repeatable, with explicit control: the models to serve
 *     from the start; {@code *} stands for every folder of the repository. A name without a folder
 *     keeps the worker from being ready
 * @param strictReadiness {@code --strict-readiness}: whether the worker is ready only when every
 *     model that should answer does; true
 * @param grpcAddress {@code --grpc-address}: where gRPC listens. 127.0.0.1 unless told otherwise,
 *     unlike Triton's 0.0.0.0: the protocol has no authentication
 * @param grpcPort {@code --grpc-port}: 8001; 0 for any free one
 * @param httpAddress {@code --http-address}: where HTTP and metrics listen; 127.0.0.1
 * @param httpPort {@code --http-port}: 8000; 0 for any free one
 * @param metricsPort {@code --metrics-port}: 8002; 0 for any free one
 * @param exitTimeout {@code --exit-timeout-secs}: how long a drain may take before what still waits
 *     is refused; 30 s
 * @param maxMessageBytes largest request, in bytes, before it is refused; 64 MiB
 * @param intraOpThreads threads of one operator inside one instance; 1. With more, instances
 *     compete for cores
 * @param queueLimit most waiting requests of a model whose configuration names no {@code
 *     max_queue_size}; 1,024. Triton has no limit there
 */
public record WorkerOptions(
    Path modelRepository,
    ModelControlMode modelControl,
    List<String> loadModels,
    boolean strictReadiness,
    String grpcAddress,
    int grpcPort,
    String httpAddress,
    int httpPort,
    int metricsPort,
    Duration exitTimeout,
    int maxMessageBytes,
    int intraOpThreads,
    int queueLimit) {

  /** Triton's default ports, and defaults for everything else. */
  public static WorkerOptions of(Path modelRepository) {
    return new WorkerOptions(
        modelRepository,
        ModelControlMode.NONE,
        List.of(),
        true,
        "127.0.0.1",
        8001,
        "127.0.0.1",
        8000,
        8002,
        Duration.ofSeconds(30),
        64 << 20,
        1,
        1024);
  }

  public WorkerOptions {
    loadModels = List.copyOf(loadModels);
    check(
        modelControl == ModelControlMode.EXPLICIT || loadModels.isEmpty(),
        "load-model",
        String.join(", ", loadModels),
        "nothing unless model-control-mode is explicit");
    checkPort("grpc-port", grpcPort);
    checkPort("http-port", httpPort);
    checkPort("metrics-port", metricsPort);
    check(!grpcAddress.isBlank(), "grpc-address", grpcAddress, "an address");
    check(!httpAddress.isBlank(), "http-address", httpAddress, "an address");
    check(!exitTimeout.isNegative(), "exit-timeout-secs", exitTimeout, "0 or more");
    check(
        maxMessageBytes >= 1024 && maxMessageBytes <= 1 << 30,
        "max-message-bytes",
        maxMessageBytes,
        "1024 to 1073741824");
    check(
        intraOpThreads >= 1 && intraOpThreads <= 256,
        "intra-op-threads",
        intraOpThreads,
        "1 to 256");
    check(queueLimit >= 1, "queue-limit", queueLimit, "1 or more");
  }

  private static void checkPort(String name, int port) {
    check(port >= 0 && port <= 65535, name, port, "0 to 65535");
  }

  private static void check(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is '" + value + "', expected " + expected);
    }
  }

  /** The same options on other ports, 0 for any free one. */
  public WorkerOptions withPorts(int grpc, int http, int metrics) {
    return new WorkerOptions(
        modelRepository,
        modelControl,
        loadModels,
        strictReadiness,
        grpcAddress,
        grpc,
        httpAddress,
        http,
        metrics,
        exitTimeout,
        maxMessageBytes,
        intraOpThreads,
        queueLimit);
  }

  /** The same options with explicit control, serving the named models from the start. */
  public WorkerOptions withLoadModels(List<String> models) {
    return new WorkerOptions(
        modelRepository,
        ModelControlMode.EXPLICIT,
        models,
        strictReadiness,
        grpcAddress,
        grpcPort,
        httpAddress,
        httpPort,
        metricsPort,
        exitTimeout,
        maxMessageBytes,
        intraOpThreads,
        queueLimit);
  }

  /** The same options with another limit for requests. */
  public WorkerOptions withMaxMessageBytes(int bytes) {
    return new WorkerOptions(
        modelRepository,
        modelControl,
        loadModels,
        strictReadiness,
        grpcAddress,
        grpcPort,
        httpAddress,
        httpPort,
        metricsPort,
        exitTimeout,
        bytes,
        intraOpThreads,
        queueLimit);
  }

  /** The same options, ready or not ready in the other sense of {@code --strict-readiness}. */
  public WorkerOptions withStrictReadiness(boolean strict) {
    return new WorkerOptions(
        modelRepository,
        modelControl,
        loadModels,
        strict,
        grpcAddress,
        grpcPort,
        httpAddress,
        httpPort,
        metricsPort,
        exitTimeout,
        maxMessageBytes,
        intraOpThreads,
        queueLimit);
  }
}
