package io.trawl.app;

import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.api.AdminServer;
import io.trawl.api.ApiServer;
import io.trawl.app.terminal.TextTable;
import io.trawl.app.terminal.TextTable.Column;
import io.trawl.domain.Ticker;
import io.trawl.encode.OipBackbone;
import io.trawl.encode.PromptBuilder;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.ScoreKernel;
import io.trawl.serve.ComputePool;
import io.trawl.serve.Counterpart;
import io.trawl.serve.GoldenCheck;
import io.trawl.serve.ServedSpace;
import io.trawl.serve.ServingSpace;
import io.trawl.serve.SharedParts;
import io.trawl.serve.SharedSeed;
import io.trawl.serve.SpaceSources;
import io.trawl.serve.SpaceSwitch;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.OipObserver;
import io.trawl.workers.client.Reply;
import io.trawl.workers.client.ServerMetadata;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One gateway: a space, the way to its backbone, the pipeline, and the ports in front of it. */
final class GatewayNode {

  /** What every JSON reader takes exactly; seeds go out as JSON numbers. */
  private static final long LARGEST_SEED = (1L << 53) - 1;

  private static final Logger LOG = LoggerFactory.getLogger(GatewayNode.class);

  private final TrawlConfig config;
  private final PrometheusMeterRegistry registry;
  private final ScoreKernel kernel;
  private final OipClient client;
  private final ComputePool pool;
  private final SharedParts parts;
  private final Optional<MilvusPart> milvus;
  private final WorkerExecutor opening;
  private final SpaceSwitch spaces;
  private final ApiServer api;
  private final AdminServer admin;

  /**
   * Puts everything together and starts nothing.
   *
   * @param first the space that answers until another one is activated; closed with this, or when
   *     it no longer answers
   */
  GatewayNode(Vertx vertx, TrawlConfig config, Space first, PrometheusMeterRegistry registry) {
    var ticker = Ticker.system();
    var choice = Kernels.choose();
    LOG.info("score kernel {}: {}", choice.kernel().name(), choice.reason());
    this.kernel = choice.kernel();
    this.config = config;
    this.registry = registry;
    this.client =
        OipClient.create(
            vertx, config.backbone().client(), ticker::nanos, OipObserver.micrometer(registry));
    this.pool = new ComputePool(config.search().computeThreads(), config.search().computeQueue());
    var seeds = new SeedSource(new SecureRandom().nextLong());
    var start = HexFormat.of().toHexDigits(seeds.next());
    var requests = new AtomicLong();
    this.parts =
        new SharedParts(
            vertx,
            pool,
            config.search(),
            config.readiness(),
            ticker,
            InstantSource.system(),
            new SharedSeed(
                () -> seeds.next() & LARGEST_SEED,
                config.search().explore().samplePeriod(),
                ticker),
            registry);
    this.milvus = MilvusPart.of(vertx, config, ticker, registry);
    this.opening = vertx.createSharedWorkerExecutor("trawl-space", 1, 10, TimeUnit.MINUTES);
    this.spaces = new SpaceSwitch(serve(first), this::open, ticker, registry);
    this.api =
        ApiServer.create(
            vertx,
            spaces,
            config.listen(),
            config.limits(),
            ticker,
            registry,
            () -> start + "-" + requests.incrementAndGet(),
            spaces::readiness);
    this.admin =
        AdminServer.create(
            vertx,
            config.admin().host(),
            config.admin().port(),
            spaces::readiness,
            registry::scrape,
            spaces);
  }

  /** Reads the whole space: on a thread of its own. */
  private Future<ServedSpace> open(Path directory) {
    return opening.executeBlocking(() -> serve(config.open(directory, Verification.CHECKSUMS)));
  }

  private ServedSpace serve(Space space) {
    PromptBuilder prompts;
    try {
      prompts = PromptBuilder.of(space);
    } catch (RuntimeException | Error refused) {
      space.close();
      throw refused;
    }
    LOG.info(
        "space {}: {} items, backbone {} version {} at {}",
        space.id(),
        space.manifest().items(),
        space.manifest().backbone().model(),
        space.manifest().backbone().version(),
        client.endpoint());
    var share = milvus.map(part -> part.share(space));
    var sources = share.map(MilvusPart.Share::sources).orElseGet(SpaceSources::none);
    return new ServedSpace(
        space,
        new ServingSpace(space, kernel, sources),
        new OipBackbone(client, space, prompts, parts.ticker()),
        share.map(MilvusPart.Share::items).<List<Counterpart>>map(List::of).orElseGet(List::of),
        parts,
        () -> {
          share.ifPresent(one -> one.close().run());
          prompts.close();
          space.close();
        });
  }

  /** Listens, and begins to probe; readiness follows when the golden requests have passed. */
  Future<Ports> start() {
    return milvus
        .map(MilvusPart::start)
        .orElseGet(Future::succeededFuture)
        .compose(_ -> api.start())
        .compose(_ -> admin.start())
        .map(
            _ -> {
              spaces.start();
              return ports();
            });
  }

  /** Stops listening, lets requests in flight finish within their bound, then ends the rest. */
  Future<Void> close() {
    return api.close()
        .eventually(admin::close)
        .eventually(client::close)
        .eventually(spaces::close)
        .eventually(() -> milvus.map(MilvusPart::close).orElseGet(Future::succeededFuture))
        .eventually(opening::close)
        .onComplete(_ -> pool.close());
  }

  /** Which server answers each stage of a request, as the servers themselves say. */
  Future<TextTable> stages() {
    var backbone = spaces.space();
    return client
        .serverMetadata(Duration.ofSeconds(5))
        .map(
            reply ->
                new TextTable(Column.left(""), Column.elastic(""))
                    .row("prompt", "this gateway")
                    .row(
                        "backbone",
                        switch (reply) {
                          case Reply.Answer<ServerMetadata>(var server) ->
                              "%s %s at %s, version %d"
                                  .formatted(
                                      server.name(),
                                      server.version(),
                                      client.endpoint(),
                                      backbone.version());
                          case Reply.NoAnswer<ServerMetadata>(var why) ->
                              "nobody: " + why.message();
                        })
                    .row(
                        "neighbours",
                        milvus.map(MilvusPart::described).orElse("the space's own graph"))
                    .row(
                        "scores",
                        "this gateway, kernel %s%s"
                            .formatted(
                                kernel.name(),
                                config.search().fetchesVectors()
                                    ? ", of vectors out of Milvus"
                                    : "")));
  }

  /** Lists answered without Milvus so far. */
  long degraded() {
    return Math.round(
        registry.find("trawl.degraded").tag("kind", "without_milvus").counters().stream()
            .mapToDouble(Counter::count)
            .sum());
  }

  GoldenCheck goldenCheck() {
    return spaces.goldenCheck();
  }

  /** Completes when the golden requests have passed for the first time. */
  Future<Void> ready() {
    return spaces.ready();
  }

  private Ports ports() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("http", api.httpPort());
    ports.put("grpc", api.grpcPort());
    ports.put("admin", admin.port());
    return new Ports(ports);
  }
}
