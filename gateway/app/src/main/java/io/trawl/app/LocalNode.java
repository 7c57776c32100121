package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.GatewayNode;
import io.trawl.app.node.Ports;
import io.trawl.app.node.TrawlConfig;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** A worker and a gateway in this JVM over one space: the whole system, over real sockets. */
final class LocalNode {

  private final LocalWorker worker;
  private final GatewayNode gateway;
  private final Ports ports;

  private LocalNode(LocalWorker worker, GatewayNode gateway, Ports ports) {
    this.worker = worker;
    this.gateway = gateway;
    this.ports = ports;
  }

  /**
   * Starts both and blocks until the golden requests have passed; the worker's ports are free ones.
   */
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
    var gateway = new GatewayNode(vertx, told, space, registry);
    var ports = Running.await(gateway.start(), "the gateway's start");
    Running.await(gateway.ready(), "readiness");
    return new LocalNode(worker, gateway, ports.and(worker.ports()));
  }

  Ports ports() {
    return ports;
  }

  GatewayNode gateway() {
    return gateway;
  }

  /** Ends in order: the gateway first, so that its worker still answers what is in flight. */
  Future<Void> close() {
    return gateway.close().eventually(worker::shutdown);
  }
}
