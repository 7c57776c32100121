package io.trawl.app;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Ticker;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.milvus.neighbours.ItemCollection;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusHits;
import io.trawl.milvus.neighbours.MilvusNeighbours;
import io.trawl.serve.NeighbourPlane;
import io.trawl.serve.NeighbourSource;
import io.trawl.serve.SpaceSources;
import io.trawl.space.Nearness;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Optional;
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

  /**
   * What a space is searched with. Its collection is the one of its own version, not what the alias
   * points to: vectors of one space never meet items of another.
   */
  SpaceSources sources(Space space) {
    var named = config.collection();
    var items =
        ItemCollection.of(
            named.isEmpty() ? CollectionNames.collection(space.id()) : named,
            space.manifest().attributes());
    LOG.info("space {}: Milvus collection {}", space.id(), items.name());
    return new SpaceSources(
        neighbours ? plane(space, items) : null,
        new MilvusHits(connection, items, registry),
        config.firstHits());
  }

  private NeighbourSource plane(Space space, ItemCollection items) {
    var source = new MilvusNeighbours(connection, items, Nearness.of(space));
    var plane = new NeighbourPlane(vertx, source, config.plane(), ticker);
    plane.bindTo(registry, space.id().toString());
    return plane;
  }

  /** Connects, now or as soon as it can: a gateway serves without Milvus, and says so. */
  Future<Void> start() {
    return connection
        .start()
        .recover(
            failure -> {
              LOG.warn("starting without Milvus: {}", failure.getMessage());
              return Future.succeededFuture();
            });
  }

  Future<Void> close() {
    return connection.close();
  }
}
