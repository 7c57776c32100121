package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.api.AdminServer;
import io.trawl.api.ApiServer;
import io.trawl.domain.Ticker;
import io.trawl.encode.OipBackbone;
import io.trawl.encode.PromptBuilder;
import io.trawl.retrieval.Kernels;
import io.trawl.serve.ComputePool;
import io.trawl.serve.GoldenCheck;
import io.trawl.serve.ReadinessProbe;
import io.trawl.serve.RetrievalPipeline;
import io.trawl.serve.ServingSpace;
import io.trawl.space.Space;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.OipObserver;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One gateway: a space, the way to its backbone, the pipeline, and the ports in front of it. */
final class GatewayNode {

  /** What every JSON reader takes exactly; seeds go out as JSON numbers. */
  private static final long LARGEST_SEED = (1L << 53) - 1;

  private static final Logger LOG = LoggerFactory.getLogger(GatewayNode.class);

  private final Space space;
  private final OipClient client;
  private final ComputePool pool;
  private final GoldenCheck goldenCheck;
  private final ReadinessProbe probe;
  private final ApiServer api;
  private final AdminServer admin;

  /**
   * Puts everything together and starts nothing.
   *
   * @param space stays open until after {@link #close}; closing it is the caller's business
   */
  GatewayNode(Vertx vertx, TrawlConfig config, Space space, PrometheusMeterRegistry registry) {
    var ticker = Ticker.system();
    this.space = space;
    var kernel = Kernels.choose();
    LOG.info("score kernel {}: {}", kernel.kernel().name(), kernel.reason());
    var serving = new ServingSpace(space, kernel.kernel());
    this.client =
        OipClient.create(
            vertx, config.backbone().client(), ticker::nanos, OipObserver.micrometer(registry));
    var backbone = new OipBackbone(client, space, PromptBuilder.of(space), ticker);
    this.pool = new ComputePool(config.search().computeThreads(), config.search().computeQueue());
    var seeds = new SeedSource(new SecureRandom().nextLong());
    var start = HexFormat.of().toHexDigits(seeds.next());
    var requests = new AtomicLong();
    var pipeline =
        new RetrievalPipeline(
            vertx,
            serving,
            backbone,
            pool,
            config.search(),
            ticker,
            InstantSource.system(),
            () -> seeds.next() & LARGEST_SEED,
            registry);
    this.goldenCheck =
        new GoldenCheck(vertx, space, serving, backbone, pool, config.readiness(), ticker);
    this.probe =
        new ReadinessProbe(vertx, goldenCheck, space.goldenRequests(), config.readiness(), ticker);
    this.api =
        ApiServer.create(
            vertx,
            pipeline,
            config.listen(),
            config.limits(),
            ticker,
            registry,
            () -> start + "-" + requests.incrementAndGet(),
            probe::readiness);
    this.admin =
        AdminServer.create(
            vertx,
            config.admin().host(),
            config.admin().port(),
            probe::readiness,
            registry::scrape);
  }

  /** Listens, and begins to probe; readiness follows when the golden requests have passed. */
  Future<Ports> start() {
    return api.start()
        .compose(_ -> admin.start())
        .map(
            _ -> {
              probe.start();
              LOG.info(
                  "space {}: {} items, backbone {} version {} at {}",
                  space.id(),
                  space.manifest().items(),
                  space.manifest().backbone().model(),
                  space.manifest().backbone().version(),
                  client.endpoint());
              return ports();
            });
  }

  /** Stops listening, lets requests in flight finish within their bound, then ends the rest. */
  Future<Void> close() {
    probe.close();
    return api.close()
        .eventually(admin::close)
        .eventually(client::close)
        .onComplete(_ -> pool.close());
  }

  GoldenCheck goldenCheck() {
    return goldenCheck;
  }

  /** Completes when the golden requests have passed for the first time. */
  Future<Void> ready() {
    return probe.ready();
  }

  private Ports ports() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("http", api.httpPort());
    ports.put("grpc", api.grpcPort());
    ports.put("admin", admin.port());
    return new Ports(ports);
  }
}
