package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.GatewayNode;
import io.trawl.app.node.Ports;
import io.trawl.app.node.TrawlConfig;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/**
 * A ready gateway in this JVM, over real sockets.
 *
 * @param ports the gateway's, and those of its worker where that is in this JVM too
 * @param end ends all of it, in order
 */
record LocalNode(Ports ports, GatewayNode gateway, Supplier<Future<?>> end) {

  /** Over a worker on free ports. Blocks until the golden requests have passed. */
  static LocalNode start(
      Vertx vertx, TrawlConfig config, Space space, PrometheusMeterRegistry registry) {
    var worker =
        Running.await(LocalWorker.start(vertx, config.space(), 0, 0, 0), "the worker's start");
    return start(vertx, config, space, registry, worker);
  }

  /** The same over a worker that runs already. */
  static LocalNode start(
      Vertx vertx,
      TrawlConfig config,
      Space space,
      PrometheusMeterRegistry registry,
      LocalWorker worker) {
    var told = config.withBackbone(worker.backbone(config.backbone()));
    var node = alone(vertx, told, space, registry);
    // The gateway first, so that its worker still answers what is in flight.
    return new LocalNode(
        node.ports.and(worker.ports()),
        node.gateway,
        () -> node.close().eventually(worker::shutdown));
  }

  /** The same over the servers that the configuration names. */
  static LocalNode alone(
      Vertx vertx, TrawlConfig config, Space space, PrometheusMeterRegistry registry) {
    var gateway = new GatewayNode(vertx, config, space, registry);
    var ports = Running.await(gateway.start(), "the gateway's start");
    Running.await(gateway.ready(), "readiness");
    return new LocalNode(ports, gateway, gateway::close);
  }

  Future<?> close() {
    return end.get();
  }
}
