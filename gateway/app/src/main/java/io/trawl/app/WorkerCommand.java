package io.trawl.app;

import io.trawl.app.config.PortNumber;
import io.trawl.app.node.Ports;
import io.trawl.workers.process.Log;
import io.trawl.workers.server.ModelControlMode;
import io.trawl.workers.server.ModelWorker;
import io.trawl.workers.server.WorkerOptions;
import io.trawl.workers.server.edge.Restriction;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trawl worker}; the options have Triton's own names. */
@Command(
    name = "worker",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a model worker alone: the Open Inference Protocol in front of ONNX Runtime, over a"
          + " Triton model repository. Drains on SIGTERM."
    })
final class WorkerCommand implements Callable<Integer> {

  /** It answers meanwhile, and each model has bounds of its own. */
  private static final Duration MODELS_LOAD = Duration.ofDays(1);

  @Option(
      names = "--model-repository",
      required = true,
      paramLabel = "DIR",
      description = "folder with one folder per model; a space's is its folder 'models'")
  private Path modelRepository = Path.of("");

  @Option(
      names = "--model-control-mode",
      defaultValue = "none",
      paramLabel = "MODE",
      description =
          "none: every model is served; explicit: those of --load-model, and calls may load and"
              + " unload. Default ${DEFAULT-VALUE}")
  private String modelControlMode = "none";

  @Option(
      names = "--load-model",
      paramLabel = "NAME",
      description = "with explicit control, serve this model from the start; repeatable, * for all")
  private List<String> loadModels = List.of();

  @Option(
      names = "--strict-readiness",
      arity = "1",
      defaultValue = "true",
      paramLabel = "BOOL",
      description =
          "whether the worker is ready only when every model is, default ${DEFAULT-VALUE}")
  private boolean strictReadiness;

  @Option(
      names = "--gpu-as-cpu",
      description = "instances that a configuration wants on a GPU run on the CPU")
  private boolean gpuAsCpu;

  @Option(
      names = "--allow-load-overrides",
      description =
          "with explicit control, loads by calls may bring a configuration and files of their own")
  private boolean allowLoadOverrides;

  @Option(
      names = "--grpc-restricted-protocol",
      paramLabel = "PROTOCOLS:KEY=VALUE",
      description =
          "calls over gRPC of these kinds want the header triton-grpc-protocol-KEY: VALUE; kinds"
              + " are health, metadata, inference, shared-memory, model-config, model-repository,"
              + " statistics, trace, logging; repeatable")
  private List<String> grpcRestricted = List.of();

  @Option(
      names = "--http-restricted-api",
      paramLabel = "APIS:KEY=VALUE",
      description = "calls over HTTP of these kinds want the header KEY: VALUE; repeatable")
  private List<String> httpRestricted = List.of();

  @Option(names = "--grpc-address", defaultValue = "127.0.0.1", paramLabel = "HOST")
  private String grpcAddress = "127.0.0.1";

  @Option(
      names = "--grpc-port",
      converter = PortNumber.OrFree.class,
      defaultValue = "8001",
      paramLabel = "PORT",
      description = "default ${DEFAULT-VALUE}; 0 picks a free one")
  private int grpcPort;

  @Option(
      names = "--http-address",
      defaultValue = "127.0.0.1",
      paramLabel = "HOST",
      description = "of HTTP and metrics, default ${DEFAULT-VALUE}")
  private String httpAddress = "127.0.0.1";

  @Option(
      names = "--http-port",
      converter = PortNumber.OrFree.class,
      defaultValue = "8000",
      paramLabel = "PORT",
      description = "default ${DEFAULT-VALUE}; 0 picks a free one")
  private int httpPort;

  @Option(
      names = "--metrics-port",
      converter = PortNumber.OrFree.class,
      defaultValue = "8002",
      paramLabel = "PORT",
      description = "default ${DEFAULT-VALUE}; 0 picks a free one")
  private int metricsPort;

  @Option(
      names = "--exit-timeout-secs",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "how long a drain may take, default ${DEFAULT-VALUE}")
  private long exitTimeoutSeconds;

  @Option(
      names = "--intra-op-threads",
      defaultValue = "1",
      paramLabel = "COUNT",
      description = "threads of one operator inside one instance, default ${DEFAULT-VALUE}")
  private int intraOpThreads;

  @Option(
      names = "--run-timeout-secs",
      defaultValue = "60",
      paramLabel = "SECONDS",
      description = "the longest that a run of a model may take, default ${DEFAULT-VALUE}")
  private long runTimeoutSeconds;

  @Option(
      names = "--run-stop-timeout-secs",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description =
          "how long a run that is told to end may take over it before its instance counts as lost,"
              + " default ${DEFAULT-VALUE}")
  private long runStopTimeoutSeconds;

  @Option(
      names = "--exit-if-stuck",
      arity = "1",
      defaultValue = "true",
      paramLabel = "BOOL",
      description =
          "whether the process ends, with status 70, when a run cannot be ended, default"
              + " ${DEFAULT-VALUE}")
  private boolean exitIfStuck;

  @Mixin private WorkerBoundsOptions bounds = new WorkerBoundsOptions();

  @Option(
      names = "--max-dim",
      defaultValue = "1048576",
      paramLabel = "COUNT",
      description =
          "longest dimension that a request may give to an input where the model leaves it open and"
              + " its configuration says nothing, default ${DEFAULT-VALUE}")
  private int maxDim;

  @Option(
      names = "--run-memory-bytes",
      defaultValue = "0",
      paramLabel = "BYTES",
      description =
          "what runs of all models may take together, weights not counted; 0 for three quarters of"
              + " what the heap leaves of the machine's memory")
  private long runMemoryBytes;

  @Option(
      names = "--ports-file",
      paramLabel = "FILE",
      description = "write the chosen ports here, as name=port lines")
  private @Nullable Path portsFile;

  @Override
  public Integer call() {
    var options = CannotStart.unlessRefused(this::options);
    CannotStart.requireFolder("--model-repository", modelRepository);
    CannotStart.requireFolderOf(portsFile);
    var wanted =
        new WantedPort[] {
          new WantedPort("--grpc-port", grpcAddress, grpcPort),
          new WantedPort("--http-port", httpAddress, httpPort),
          new WantedPort("--metrics-port", httpAddress, metricsPort)
        };
    WantedPort.requireDistinct(wanted);
    WantedPort.requireFree(wanted);
    var connections = options.bounds().connections();
    var vertx = Vertx.builder().withTransport(connections.transport()).build();
    var worker = ModelWorker.create(vertx, options, connections);
    Running.await(worker.start(), MODELS_LOAD, "the worker's start");
    var ports = ports(worker);
    Running.write(ports, portsFile);
    if (!worker.failures().isEmpty()) {
      Log.say(
          System.err,
          worker.failures().entrySet().stream()
              .map(failed -> "worker: " + failed.getKey() + " is not served: " + failed.getValue())
              .collect(Collectors.joining("\n")));
    }
    Log.say(System.out, "worker: " + ports.line());
    return Running.untilTold(vertx, worker::shutdown);
  }

  private WorkerOptions options() {
    var usual = WorkerOptions.Limits.DEFAULT;
    return new WorkerOptions(
        modelRepository,
        new WorkerOptions.Models(controlMode(), loadModels, strictReadiness, gpuAsCpu),
        new WorkerOptions.Listen(grpcAddress, grpcPort, httpAddress, httpPort, metricsPort),
        new WorkerOptions.Access(
            restrictions("--grpc-restricted-protocol", grpcRestricted),
            restrictions("--http-restricted-api", httpRestricted),
            allowLoadOverrides),
        new WorkerOptions.Limits(
            Duration.ofSeconds(exitTimeoutSeconds),
            usual.messageBytes(),
            intraOpThreads,
            usual.queuedRequests()),
        new WorkerOptions.Runs(
            Duration.ofSeconds(runTimeoutSeconds),
            Duration.ofSeconds(runStopTimeoutSeconds),
            exitIfStuck,
            maxDim,
            runMemoryBytes),
        bounds.read());
  }

  private static List<Restriction> restrictions(String option, List<String> texts) {
    return texts.stream().map(text -> Restriction.parse(option, text)).toList();
  }

  private ModelControlMode controlMode() {
    return switch (modelControlMode) {
      case "none" -> ModelControlMode.NONE;
      case "explicit" -> ModelControlMode.EXPLICIT;
      default ->
          throw new IllegalArgumentException(
              "model-control-mode is '" + modelControlMode + "', expected none or explicit");
    };
  }

  /** The ports of a started worker. */
  static Ports ports(ModelWorker worker) {
    var ports = worker.ports();
    Map<String, Integer> byName = new LinkedHashMap<>();
    byName.put("worker-grpc", ports.grpc());
    byName.put("worker-http", ports.http());
    byName.put("worker-metrics", ports.metrics());
    return new Ports(byName);
  }
}
