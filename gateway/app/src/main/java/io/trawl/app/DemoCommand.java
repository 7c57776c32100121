package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.config.HostPort;
import io.trawl.app.config.PortNumber;
import io.trawl.app.demo.DemoShow;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.process.Log;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trawl demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts gateway and worker in one JVM, sends itself real requests over HTTP and gRPC for"
          + " three users and three objectives, shows what came back, and keeps serving until"
          + " Ctrl-C."
    })
final class DemoCommand implements Callable<Integer> {

  private static final int WIDTH = 110;
  private static final String WORKER_HOST = "127.0.0.1";
  private static final Duration SHOW = Duration.ofMinutes(2);

  @Mixin private final GatewayArguments arguments = new GatewayArguments();

  @Option(
      names = "--once",
      description = "end after the show, with status 1 if the protocols disagreed; free ports")
  private boolean once;

  @Option(
      names = "--real",
      description =
          "on the real Triton and the real Milvus of this machine (the launcher starts them, and"
              + " ends what it started); says which server answered each stage")
  private boolean real;

  @Option(
      names = "--worker-grpc-port",
      converter = PortNumber.OrFree.class,
      paramLabel = "PORT",
      description = "of the worker in this JVM, default 8001; 0 picks a free one")
  private @Nullable Integer workerGrpcPort;

  @Option(
      names = "--worker-http-port",
      converter = PortNumber.OrFree.class,
      paramLabel = "PORT",
      description = "of the worker in this JVM, default 8000; 0 picks a free one")
  private @Nullable Integer workerHttpPort;

  @Option(
      names = "--worker-metrics-port",
      converter = PortNumber.OrFree.class,
      paramLabel = "PORT",
      description = "of the worker in this JVM, default 8002; 0 picks a free one")
  private @Nullable Integer workerMetricsPort;

  @Option(
      names = "--triton",
      converter = HostPort.class,
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8001",
      description = "with --real: gRPC address of Triton, default the one of ./trawl servers up")
  private String triton = "";

  @Option(
      names = "--milvus",
      converter = HostPort.class,
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:19530",
      description = "with --real: address of Milvus, default the one of ./trawl servers up")
  private String milvus = "";

  @Override
  public Integer call() {
    var config =
        once
            ? arguments.configOnFreePorts()
            : arguments.configBesideOthers(DemoCommand::sayThatItMoved);
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var vertx = Platform.vertx(registry, config.listen());
    var node = real ? onRealServers(vertx, config, registry) : inThisJvm(vertx, config, registry);
    Running.write(node.ports(), arguments.portsFile());
    var agreed = show(vertx, node, config.space());
    if (once) {
      Running.await(node.close(), "the end");
      vertx.close();
      return agreed && node.gateway().degraded() == 0 ? 0 : 1;
    }
    Log.say(System.out, "serving until Ctrl-C: " + node.ports().line());
    return Running.untilTold(vertx, node::close);
  }

  private LocalNode onRealServers(Vertx vertx, TrawlConfig read, PrometheusMeterRegistry registry) {
    var config =
        CannotStart.unlessRefused(
            () -> read.withBackbone(read.backbone().withEndpoint(triton)).withMilvus(milvus));
    var space = config.open(config.space(), Verification.CHECKSUMS);
    return LocalNode.alone(vertx, config, space, registry);
  }

  private LocalNode inThisJvm(Vertx vertx, TrawlConfig config, PrometheusMeterRegistry registry) {
    // The worker loads its model while this thread reads the space.
    var starting =
        LocalWorker.start(
            vertx,
            config.space(),
            workerPort("--worker-grpc-port", workerGrpcPort, 8001),
            workerPort("--worker-http-port", workerHttpPort, 8000),
            workerPort("--worker-metrics-port", workerMetricsPort, 8002));
    var space = config.open(config.space(), Verification.CHECKSUMS);
    var worker = Running.await(starting, "the worker's start");
    return LocalNode.start(vertx, config, space, registry, worker);
  }

  private int workerPort(String option, @Nullable Integer given, int usual) {
    if (given == null) {
      return once
          ? 0
          : new WantedPort(option, WORKER_HOST, usual).orFree(DemoCommand::sayThatItMoved);
    }
    WantedPort.requireFree(new WantedPort(option, WORKER_HOST, given));
    return given;
  }

  private static void sayThatItMoved(String why) {
    System.out.println("demo: " + why);
  }

  /** Whether the protocols agreed. */
  private static boolean show(Vertx vertx, LocalNode node, Path directory) {
    // Not the gateway's own: that closes it when another one is activated.
    try (var space = Space.openWithoutVectors(directory, Verification.SIZES)) {
      var ports = node.ports().byName();
      var http = URI.create("http://127.0.0.1:" + ports.get("http"));
      var grpc = Objects.requireNonNull(ports.get("grpc"));
      var show = new DemoShow(vertx, http, grpc, space, Terminal.ansi(), Ticker.system());
      var summary = Running.await(show.run(System.out::print), SHOW, "the show");
      var stages = Running.await(node.gateway().stages(), "what the servers say of themselves");
      System.out.println("  Answered by");
      var table = new TextTable(Column.left(""), Column.elastic(""));
      stages.forEach(stage -> table.row(stage.name(), stage.server()));
      table.lines(Terminal.ansi(), WIDTH).forEach(line -> System.out.println("   " + line));
      System.out.println();
      return summary.protocolsAgree();
    }
  }
}
