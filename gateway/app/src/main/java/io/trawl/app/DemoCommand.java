package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.demo.DemoShow;
import io.trawl.app.demo.DemoSummary;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trawl demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts gateway and worker in one JVM, sends itself real requests over HTTP and gRPC for three"
          + " users and three objectives, shows what came back, and keeps serving until Ctrl-C."
    })
final class DemoCommand implements Callable<Integer> {

  private static final Duration SHOW = Duration.ofMinutes(2);

  @Mixin private final GatewayArguments arguments = new GatewayArguments();

  @Option(
      names = "--once",
      description = "end after the show, with status 1 if the protocols disagreed; free ports")
  private boolean once;

  @Override
  public Integer call() {
    var config = once ? arguments.configOnFreePorts() : arguments.config();
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var vertx = Platform.vertx(registry);
    // The worker loads its model while this thread reads the space.
    var starting =
        once
            ? LocalWorker.start(vertx, config.space(), 0, 0, 0)
            : LocalWorker.start(vertx, config.space(), 8001, 8000, 8002);
    var space = Space.open(config.space(), Verification.CHECKSUMS);
    var worker = Running.await(starting, "the worker's start");
    var node = LocalNode.start(vertx, config, space, registry, worker);
    node.ports().writeTo(arguments.portsFile());
    var summary = Running.await(show(vertx, node, space), SHOW, "the show");
    if (once) {
      Running.await(node.close(), "the end");
      vertx.close();
      return summary.protocolsAgree() ? 0 : 1;
    }
    System.out.println("serving until Ctrl-C: " + node.ports().line());
    return Running.untilTold(vertx, node::close);
  }

  private static Future<DemoSummary> show(Vertx vertx, LocalNode node, Space space) {
    var ports = node.ports().byName();
    return DemoShow.run(
        vertx,
        URI.create("http://127.0.0.1:" + ports.get("http")),
        Objects.requireNonNull(ports.get("grpc")),
        space,
        Terminal.ansi(),
        Ticker.system(),
        System.out::print);
  }
}
