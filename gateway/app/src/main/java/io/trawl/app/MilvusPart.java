package io.trawl.app;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.PinnedItems;
import io.trawl.serve.NeighbourPlane;
import io.trawl.serve.NeighbourSource;
import io.trawl.serve.SpaceSources;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gateway's Milvus: one connection, and what each space is searched with over it. */
final class MilvusPart {

  private static final Logger LOG = LoggerFactory.getLogger(MilvusPart.class);

  private final Vertx vertx;
  private final MilvusGroup config;
  private final boolean neighbours;
  private final Ticker ticker;
  private final MeterRegistry registry;
  private final MilvusConnection connection;

  /** Of the space that was opened last. */
  private volatile @Nullable PinnedItems latest;

  private MilvusPart(Vertx vertx, TrawlConfig config, Ticker ticker, MeterRegistry registry) {
    this.vertx = vertx;
    this.config = config.milvus();
    this.neighbours = config.search().neighbours().equals("milvus");
    this.ticker = ticker;
    this.registry = registry;
    this.connection = MilvusConnection.create(vertx, config.milvus().options(), ticker, registry);
  }

  /** Empty where none is configured. */
  static Optional<MilvusPart> of(
      Vertx vertx, TrawlConfig config, Ticker ticker, MeterRegistry registry) {
    return config.milvus().configured()
        ? Optional.of(new MilvusPart(vertx, config, ticker, registry))
        : Optional.empty();
  }

  /** The items of a space, once they are found: by {@link #start}, an activation, or a search. */
  PinnedItems items(Space space) {
    var items = new PinnedItems(connection, space, config.collection(), ticker, registry);
    latest = items;
    return items;
  }

  /** What a space is searched with. */
  SpaceSources sources(Space space, PinnedItems items) {
    return new SpaceSources(
        neighbours ? plane(space, items.neighbours()) : null, items.hits(), config.firstHits());
  }

  private NeighbourSource plane(Space space, NeighbourSource source) {
    var plane = new NeighbourPlane(vertx, source, config.plane(), ticker);
    plane.bindTo(registry, space.id().toString());
    return plane;
  }

  /** Connects, now or as soon as it can: a gateway serves without Milvus, and says so. */
  Future<Void> start() {
    return connection
        .start()
        .compose(_ -> found())
        .recover(
            failure -> {
              LOG.warn("starting without Milvus: {}", failure.getMessage());
              return Future.succeededFuture();
            });
  }

  private Future<Void> found() {
    var items = latest;
    return items == null
        ? Future.succeededFuture()
        : items.disagreement(Deadline.after(config.callTimeout(), ticker)).mapEmpty();
  }

  /** Which server and which collection neighbours come from. */
  String described() {
    var items = latest;
    return connection
        .down()
        .map(why -> "nobody: " + why)
        .orElseGet(
            () ->
                "Milvus %s at %s, collection %s, %,.0f items in %,.0f calls"
                    .formatted(
                        connection.capabilities().version(),
                        config.endpoint(),
                        items == null ? "none" : items.collection().orElse("none"),
                        count("fetched"),
                        count("calls")));
  }

  private double count(String what) {
    return registry.find("trawl.neighbours." + what).functionCounters().stream()
        .mapToDouble(FunctionCounter::count)
        .sum();
  }

  Future<Void> close() {
    return connection.close();
  }
}
