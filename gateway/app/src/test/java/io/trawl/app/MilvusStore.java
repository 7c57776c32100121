package io.trawl.app;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Ticker;
import io.trawl.milvus.admin.ActiveCollections;
import io.trawl.milvus.admin.Pause;
import io.trawl.milvus.admin.SpaceItems;
import io.trawl.milvus.admin.SpaceLoader;
import io.trawl.milvus.admin.SpaceVerifier;
import io.trawl.milvus.admin.Watch;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.milvus.neighbours.IndexChoice;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;

/** What an operator does with spaces in a Milvus, in a test. */
final class MilvusStore implements AutoCloseable {

  /** A look that finds a wrong collection; what else verifying finds is its own module's test. */
  private static final SpaceVerifier.Options LOOK =
      new SpaceVerifier.Options(200, 10, 20, 0.95, Map.of(), 1);

  private final Vertx vertx = Vertx.vertx();
  private final MilvusConnection connection;
  private final MilvusCollections collections;

  MilvusStore(String endpoint) {
    this.connection =
        MilvusConnection.create(
            vertx,
            MilvusOptions.administering(endpoint, "", Duration.ofMinutes(1)),
            Ticker.system(),
            new SimpleMeterRegistry());
    await(connection.start());
    this.collections = new MilvusCollections(connection, Ticker.system());
  }

  void load(Space space) {
    new SpaceLoader(collections, Watch.silent(), Pause.sleeping())
        .load(SpaceItems.of(space), IndexChoice.of(IndexChoice.Kind.FLAT));
  }

  void verify(Space space) {
    new SpaceVerifier(collections, Watch.silent()).verify(SpaceItems.of(space), LOOK);
  }

  boolean verified(Space space) {
    return await(collections.describe(CollectionNames.collection(space.id())))
        .orElseThrow()
        .checksum()
        .isPresent();
  }

  void activate(Space space) {
    new ActiveCollections(collections).activate(SpaceItems.of(space));
  }

  MilvusCollections collections() {
    return collections;
  }

  @Override
  public void close() {
    await(connection.close());
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    return Running.await(future, Duration.ofSeconds(60), "Milvus");
  }
}
