package io.trawl.app.node;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.PinnedItems;
import io.trawl.serve.SearchOptions.Source;
import io.trawl.serve.source.NeighbourPlane;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.serve.source.SpaceSources;
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
  private final boolean vectors;
  private final Ticker ticker;
  private final MeterRegistry registry;
  private final MilvusConnection connection;

  /** Of each space that was opened; a space may be opened again while it is open. */
  private final SpaceCounts counts;

  /** Of the space that was opened last. */
  private volatile @Nullable PinnedItems latest;

  private MilvusPart(Vertx vertx, TrawlConfig config, Ticker ticker, MeterRegistry registry) {
    this.vertx = vertx;
    this.config = config.milvus();
    this.neighbours = config.search().neighbours() == Source.MILVUS;
    this.vectors = config.search().vectors() == Source.MILVUS;
    this.ticker = ticker;
    this.registry = registry;
    this.counts = new SpaceCounts(registry);
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
   * What one space has of Milvus.
   *
   * @param items once they are found: by {@link #start}, an activation, or a search
   * @param sources what it is searched with
   * @param close when nobody uses it any more
   */
  record Share(PinnedItems items, SpaceSources sources, Runnable close) {}

  Share share(Space space) {
    var items = new PinnedItems(connection, space, config.options().collection(), ticker, registry);
    latest = items;
    // Without vectors nothing but an exploration can be sure to be there.
    if (!neighbours && !(vectors && space.neighbours().isEmpty())) {
      return new Share(items, sources(items, null), () -> {});
    }
    var plane =
        new NeighbourPlane(
            vertx, items.neighbours(), config.plane(), ticker, counts.of(space.id()));
    return new Share(items, sources(items, plane), plane::close);
  }

  private SpaceSources sources(PinnedItems items, @Nullable NeighbourSource plane) {
    return new SpaceSources(
        plane, items.hits(), config.firstHits(), vectors ? items.vectors() : null, null);
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
        : items.disagreement(Deadline.after(config.options().callTimeout(), ticker)).mapEmpty();
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
                        config.options().endpoint(),
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
