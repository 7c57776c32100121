package io.trawl.bench;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.GatewayNode;
import io.trawl.app.node.Ports;
import io.trawl.app.node.TrawlConfig;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.server.ModelWorker;
import io.trawl.workers.server.WorkerOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A gateway of the demo space and its worker in this JVM. */
public final class TinyNode implements AutoCloseable {

  public static final Path SPACE = Path.of("..", "..").resolve(TrawlConfig.DEMO_SPACE);

  private final Vertx vertx;
  private final ModelWorker worker;
  private final GatewayNode gateway;
  private final Ports ports;

  private TinyNode(Vertx vertx) {
    this.vertx = vertx;
    this.worker =
        ModelWorker.create(vertx, WorkerOptions.of(SPACE.resolve("models")).withPorts(0, 0, 0));
    await(worker.start());
    var config =
        TrawlConfig.defaults()
            .withSpace(SPACE)
            .withPorts(0, 0, 0)
            .withFixedWork(1024)
            .withBackbone(
                TrawlConfig.defaults()
                    .backbone()
                    .withEndpoint("127.0.0.1:" + worker.ports().grpc()));
    this.gateway =
        new GatewayNode(
            vertx,
            config,
            Space.open(SPACE, Verification.SIZES),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    this.ports = await(gateway.start());
    await(gateway.ready());
  }

  public static TinyNode start() {
    return new TinyNode(Vertx.vertx());
  }

  public String http() {
    return port("http");
  }

  public String grpc() {
    return port("grpc");
  }

  private String port(String name) {
    return Objects.requireNonNull(ports.byName().get(name)).toString();
  }

  private static <T> T await(Future<T> work) {
    return work.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    await(gateway.close().mapEmpty());
    await(worker.shutdown());
    vertx.close();
  }
}
