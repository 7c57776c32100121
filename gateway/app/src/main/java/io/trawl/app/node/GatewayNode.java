package io.trawl.app.node;

import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.api.AdminServer;
import io.trawl.api.ApiServer;
import io.trawl.api.call.PortMetrics;
import io.trawl.domain.Ticker;
import io.trawl.encode.OipBackbone;
import io.trawl.encode.PromptBuilder;
import io.trawl.lexical.LexicalIndex;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.ScoreKernel;
import io.trawl.serve.SearchOptions;
import io.trawl.serve.SearchableSpace;
import io.trawl.serve.SharedParts;
import io.trawl.serve.SharedSeed;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Counterpart;
import io.trawl.serve.source.SpaceSources;
import io.trawl.serve.space.GoldenCheck;
import io.trawl.serve.space.Readiness;
import io.trawl.serve.space.SpaceService;
import io.trawl.serve.space.SpaceSwitch;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.OipObserver;
import io.trawl.workers.client.Reply;
import io.trawl.workers.client.ServerMetadata;
import io.trawl.workers.fleet.Fleet;
import io.trawl.workers.fleet.resolve.Resolvers;
import io.trawl.workers.kubernetes.KubernetesResolver;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.bounds.PortLimits;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
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
public final class GatewayNode {

  /** What every JSON reader takes exactly; seeds go out as JSON numbers. */
  private static final long LARGEST_SEED = (1L << 53) - 1;

  private static final Logger LOG = LoggerFactory.getLogger(GatewayNode.class);

  private static final Readiness LEAVING = new Readiness.NotReady("the gateway is told to end");

  private final TrawlConfig config;
  private final PrometheusMeterRegistry registry;
  private final ScoreKernel kernel;
  private final Fleet fleet;
  private final ComputePool pool;
  private final SharedParts parts;
  private final Optional<MilvusPart> milvus;
  private final WorkerExecutor opening;
  private final SpaceFolders folders;
  private final SpaceSwitch spaces;
  private final ApiServer api;
  private final AdminServer admin;
  private final List<NodePart> nodeParts;
  private volatile boolean leaving;

  /**
   * Puts everything together and starts nothing.
   *
   * @param first the space that answers until another one is activated; closed with this, or when
   *     it no longer answers
   */
  public GatewayNode(
      Vertx vertx, TrawlConfig config, Space first, PrometheusMeterRegistry registry) {
    var ticker = Ticker.system();
    var choice = Kernels.choose();
    LOG.info("score kernel {}: {}", choice.kernel().name(), choice.reason());
    this.kernel = choice.kernel();
    this.config = config;
    this.registry = registry;
    this.pool = new ComputePool(config.search().computeThreads(), config.search().computeQueue());
    var seeds = new SeedSource(new SecureRandom().nextLong());
    this.fleet = fleet(vertx, config.backbone(), ticker, seeds.next(), registry);
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
    this.folders = new SpaceFolders(config.admin().spaces(), config.space());
    var budget = config.listen().bounds().budget(config.limits().messages().maxBodyBytes());
    this.api =
        ApiServer.create(
            vertx,
            spaces,
            config.listen(),
            config.limits(),
            ticker,
            registry,
            budget,
            () -> start + "-" + requests.incrementAndGet(),
            this::readiness);
    var adminPorts = new PortWatch(PortLimits.DEFAULT, budget, ticker::nanos);
    PortMetrics.of(adminPorts, "admin", registry);
    this.admin =
        AdminServer.create(
            vertx,
            config.admin(),
            adminPorts,
            this::readiness,
            registry::scrape,
            spaces,
            new FleetTable(fleet));
    this.nodeParts = inOrder();
  }

  private static Fleet fleet(
      Vertx vertx,
      BackboneOptions backbone,
      Ticker ticker,
      long seed,
      PrometheusMeterRegistry registry) {
    var observer = OipObserver.micrometer(registry);
    var alarm = Alarm.of(vertx);
    return Fleet.of(
        vertx,
        backbone.fleet(),
        Resolvers.of(
            backbone.resolve(),
            alarm,
            registry,
            slices -> KubernetesResolver.of(slices, alarm, registry)),
        worker -> OipClient.create(vertx, backbone.client(worker), ticker::nanos, observer),
        ticker::nanos,
        seed,
        registry);
  }

  /** Reads the whole space: on a thread of its own. */
  private Future<SpaceService> open(Path directory) {
    return opening.executeBlocking(
        () -> serve(config.open(folders.within(directory), Verification.CHECKSUMS)));
  }

  private SpaceService serve(Space space) {
    PromptBuilder prompts;
    Optional<LexicalIndex> lexical;
    try {
      lexical = LexicalIndex.open(space);
      prompts = PromptBuilder.of(space);
    } catch (RuntimeException | Error refused) {
      space.close();
      throw refused;
    }
    LOG.info(
        "space {}: {} items, backbone {} version {}, workers by {}",
        space.id(),
        space.manifest().sizes().items(),
        space.manifest().backbone().model(),
        space.manifest().backbone().version(),
        config.backbone().resolve());
    var backbone =
        OipBackbone.of(
            fleet, space, prompts, (float) config.readiness().vectorTolerance(), parts.ticker());
    var share = milvus.map(part -> part.share(space));
    var sources =
        share
            .map(MilvusPart.Share::sources)
            .orElseGet(SpaceSources::none)
            .withLexical(lexical.orElse(null));
    return new SpaceService(
        space,
        SearchableSpace.of(space, kernel, sources),
        backbone,
        share.map(MilvusPart.Share::items).<List<Counterpart>>map(List::of).orElseGet(List::of),
        parts,
        () -> {
          share.ifPresent(one -> one.close().run());
          backbone.close();
          prompts.close();
          lexical.ifPresent(LexicalIndex::close);
          space.close();
        });
  }

  private List<NodePart> inOrder() {
    var made = new ArrayList<NodePart>();
    made.add(NodePart.made("the compute pool", this::closePool));
    made.add(NodePart.made("the thread that opens spaces", opening::close));
    milvus.ifPresent(part -> made.add(new NodePart("Milvus", part::start, part::close)));
    made.add(new NodePart("the way to the backbone", fleet::start, fleet::close));
    made.add(new NodePart("the spaces", this::probe, spaces::close));
    made.add(new NodePart("the admin port", admin::start, admin::close));
    made.add(new NodePart("the public ports", api::start, api::close));
    return made;
  }

  private Future<?> closePool() {
    pool.close();
    return Future.succeededFuture();
  }

  private Future<?> probe() {
    spaces.start();
    return Future.succeededFuture();
  }

  /** Begins to probe, and listens; ready when the golden requests have passed. */
  public Future<Ports> start() {
    return NodePart.start(nodeParts).map(_ -> ports());
  }

  /**
   * All of an orderly end: not ready first, while everything is answered, then {@link #close}. Load
   * balancers have seen by then that they should ask elsewhere.
   */
  public Future<Void> shutdown() {
    leaving = true;
    LOG.info(
        "leaving, not ready for {} ms", config.listen().timeouts().lameDuckTimeout().toMillis());
    return api.leave().compose(_ -> close());
  }

  private Readiness readiness() {
    return leaving ? LEAVING : spaces.readiness();
  }

  /** Stops listening, lets requests in flight finish within their bound, then ends the rest. */
  public Future<Void> close() {
    return NodePart.close(nodeParts);
  }

  /**
   * A stage of a request.
   *
   * @param server who answers it, as it says itself
   */
  public record Stage(String name, String server) {}

  /** Which server answers each stage of a request. */
  public Future<List<Stage>> stages() {
    var vectors =
        config.search().vectors() == SearchOptions.Source.MILVUS
            ? ", of vectors out of Milvus"
            : "";
    return backbone()
        .map(
            server ->
                List.of(
                    new Stage("prompt", "this gateway"),
                    new Stage("backbone", server),
                    new Stage(
                        "neighbours",
                        milvus.map(MilvusPart::described).orElse("the space's own graph")),
                    new Stage("scores", "this gateway, kernel " + kernel.name() + vectors)));
  }

  /** One worker speaks for all. */
  private Future<String> backbone() {
    var clients = fleet.clients();
    if (clients.isEmpty()) {
      return Future.succeededFuture("nobody: no worker is known");
    }
    var others = clients.size() == 1 ? "" : " and %d others".formatted(clients.size() - 1);
    var one = clients.getFirst();
    return one.serverMetadata(Duration.ofSeconds(5))
        .map(
            reply ->
                switch (reply) {
                  case Reply.Answer<ServerMetadata>(var server) ->
                      "%s %s at %s%s, version %d"
                          .formatted(
                              server.name(),
                              server.version(),
                              one.endpoint(),
                              others,
                              spaces.space().version());
                  case Reply.NoAnswer<ServerMetadata>(var why) -> "nobody: " + why.message();
                });
  }

  /** Lists answered without Milvus so far. */
  public long degraded() {
    return Math.round(
        registry.find("trawl.degraded").tag("kind", "without_milvus").counters().stream()
            .mapToDouble(Counter::count)
            .sum());
  }

  /** Looks for the backbone's workers and starts nothing else: enough for a check by hand. */
  public Future<GoldenCheck> goldenCheck() {
    return fleet.start().map(_ -> spaces.goldenCheck());
  }

  /** Completes when the golden requests have passed for the first time. */
  public Future<Void> ready() {
    return spaces.ready();
  }

  private Ports ports() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("http", api.httpPort());
    ports.put("grpc", api.grpcPort());
    ports.put("admin", admin.port());
    admin.healthPort().ifPresent(port -> ports.put("health", port));
    return new Ports(ports);
  }
}
