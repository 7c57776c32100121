package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.config.HostPort;
import io.trawl.app.node.GatewayNode;
import io.trawl.app.node.Platform;
import io.trawl.space.Verification;
import io.trawl.workers.process.Log;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code trawl serve}. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Runs a gateway alone, before a worker of yours. Ends in order on SIGTERM.")
final class ServeCommand implements Callable<Integer> {

  @Mixin private final GatewayArguments arguments = new GatewayArguments();

  @Option(
      names = "--worker",
      converter = HostPort.class,
      paramLabel = "HOST:PORT",
      description = "gRPC address of the worker that serves the backbone")
  private @Nullable String worker;

  @Override
  public Integer call() {
    var config = arguments.config();
    var told =
        CannotStart.unlessRefused(
            () ->
                worker == null
                    ? config
                    : config.withBackbone(config.backbone().withEndpoint(worker)));
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var vertx = Platform.vertx(registry, told.listen());
    var space = told.open(told.space(), Verification.CHECKSUMS);
    var gateway = new GatewayNode(vertx, told, space, registry);
    var ports = Running.await(gateway.start(), "the gateway's start");
    Running.write(ports, arguments.portsFile());
    Log.say(System.out, "gateway: " + ports.line());
    return Running.untilTold(vertx, gateway::shutdown);
  }
}
