package io.trawl.milvus.neighbours;

import static io.trawl.milvus.neighbours.IndexChoice.Kind.FLAT;
import static io.trawl.milvus.neighbours.IndexChoice.Kind.HNSW;
import static io.trawl.milvus.neighbours.IndexChoice.Kind.IVF_FLAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Ticker;
import io.trawl.space.Attribute;
import io.trawl.space.AttributeType;
import io.trawl.space.AttributeValue;
import io.trawl.workers.testkit.RealMilvus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Each call of administration against the real Milvus: what is written is read back, and what is
 * not there is told from what went wrong.
 */
@EnabledIfSystemProperty(named = "trawl.servers", matches = "true")
class MilvusCollectionsTest {

  private static final List<Attribute> ATTRIBUTES =
      List.of(
          new Attribute("brand", AttributeType.TEXT),
          new Attribute("tag-list", AttributeType.TEXTS),
          new Attribute("price", AttributeType.NUMBER),
          new Attribute("new", AttributeType.FLAG));

  private static final ItemSchema SCHEMA =
      new ItemSchema(
          4,
          32,
          List.of(
              new ItemSchema.Column(ATTRIBUTES.get(0), 64, 0),
              new ItemSchema.Column(ATTRIBUTES.get(1), 64, 8),
              new ItemSchema.Column(ATTRIBUTES.get(2), 0, 0),
              new ItemSchema.Column(ATTRIBUTES.get(3), 0, 0)));

  private static Vertx vertx;
  private static MilvusConnection connection;
  private static MilvusCollections collections;

  private final String name = "t_" + UUID.randomUUID().toString().replace('-', '_');

  @BeforeAll
  static void connect() {
    vertx = Vertx.vertx();
    connection =
        MilvusConnection.create(
            vertx,
            MilvusOptions.administering(RealMilvus.shared().endpoint(), "", Duration.ofMinutes(1)),
            Ticker.system(),
            new SimpleMeterRegistry());
    done(connection.start());
    collections = new MilvusCollections(connection, Ticker.system());
  }

  @AfterAll
  static void disconnect() {
    done(connection.close());
    done(vertx.close());
  }

  @AfterEach
  void drop() {
    done(collections.aliases(name).recover(_ -> Future.succeededFuture(List.of())))
        .forEach(alias -> done(collections.dropAlias(alias)));
    done(collections.drop(name));
  }

  private static <T> T done(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  private void make(IndexChoice index) {
    done(collections.create(name, SCHEMA, Map.of(CollectionFacts.SPACE, "shop@3")));
    done(collections.createIndex(name, index));
  }

  private void write(ItemRow... rows) {
    done(collections.upsert(name, List.of(rows), ATTRIBUTES));
  }

  private static ItemRow row(int ordinal, Map<String, AttributeValue> attributes) {
    return new ItemRow(
        ordinal, "id " + ordinal, attributes, new float[] {ordinal, 0.1f, -0.0f, 1e-30f});
  }

  @Test
  void givesBackWhatWasWritten() {
    make(IndexChoice.of(FLAT));
    done(collections.load(name));
    var full =
        row(
            0,
            Map.of(
                "brand", new AttributeValue.Text("Zoë \"&\" ☃"),
                "tag-list", new AttributeValue.Texts(List.of("a", "")),
                "price", new AttributeValue.Number(-1.5),
                "new", new AttributeValue.Flag(false)));
    var empty = row(1, Map.of());
    var bare = row(2, Map.of("brand", new AttributeValue.Text("")));
    write(full, empty, bare);

    assertEquals(3, done(collections.count(name)));
    assertEquals(2, done(collections.count(name, 1, 3)));
    assertEquals(0, done(collections.count(name, 3, 9)));
    assertEquals(
        Map.of(0, full, 1, empty, 2, bare),
        done(collections.rows(name, List.of(0, 1, 2, 77), ATTRIBUTES)));

    var other = row(1, Map.of("price", new AttributeValue.Number(2)));
    write(other);
    assertEquals(3, done(collections.count(name)));
    assertEquals(Map.of(1, other), done(collections.rows(name, List.of(1), ATTRIBUTES)));

    var hits = done(collections.search(name, List.of(new float[] {1, 0, 0, 0}), 2, Map.of()));
    assertEquals(List.of(List.of(new StoredHit(2, 2), new StoredHit(1, 1))), hits);
  }

  @Test
  void buildsAnIndexAndSearchesIt() {
    for (var kind : List.of(IVF_FLAT, HNSW)) {
      make(IndexChoice.of(kind));
      write(
          IntStream.range(0, 1500)
              .mapToObj(ordinal -> row(ordinal, Map.of()))
              .toArray(ItemRow[]::new));
      done(collections.flush(name));
      done(collections.load(name));
      var progress = done(collections.index(name)).orElseThrow();
      assertEquals(1500, progress.indexedRows() + progress.pendingRows(), kind.name());
      var hits =
          done(
              collections.search(
                  name, List.of(new float[] {1, 0, 0, 0}), 1, IndexChoice.of(kind).search()));
      assertEquals(List.of(List.of(new StoredHit(1499, 1499))), hits, kind.name());
      done(collections.drop(name));
    }
  }

  @Test
  void describesByNameAndByAlias() {
    var alias = name + "_alias";
    assertEquals(Optional.empty(), done(collections.describe(name)));
    assertEquals(Optional.empty(), done(collections.index(name)));
    make(IndexChoice.of(HNSW));
    var facts = done(collections.describe(name)).orElseThrow();
    assertEquals(name, facts.name());
    assertEquals(4, facts.width());
    assertEquals(Optional.of("shop@3"), facts.space());
    assertEquals(Optional.empty(), facts.checksum());
    assertTrue(done(collections.names()).contains(name));

    done(collections.createAlias(alias, name));
    done(collections.write(name, Map.of(CollectionFacts.VERIFIED, "abc")));
    var byAlias = done(collections.describe(alias)).orElseThrow();
    assertEquals(name, byAlias.name());
    assertEquals(Optional.of("abc"), byAlias.checksum());
    assertEquals(Optional.of("shop@3"), byAlias.space());
    done(collections.write(name, Map.of(CollectionFacts.VERIFIED, "")));
    assertEquals(Optional.empty(), done(collections.describe(alias)).orElseThrow().checksum());
    assertEquals(List.of(alias), done(collections.aliases(name)));
  }

  @Test
  void saysWhatIsWrong() {
    make(IndexChoice.of(FLAT));
    make(IndexChoice.of(FLAT));
    // Milvus gives this no code of its own.
    refused(
        MilvusFailure.Broken.class,
        () -> collections.create(name, new ItemSchema(5, 1, List.of()), Map.of()));
    refused(MilvusFailure.NotReady.class, () -> collections.count(name));
    refused(MilvusFailure.Wrong.class, () -> collections.count("none_of_that_name"));
    refused(MilvusFailure.Wrong.class, () -> collections.move("no_alias", name));
  }

  private static void refused(Class<? extends MilvusFailure> kind, Supplier<Future<?>> call) {
    var thrown = assertThrows(CompletionException.class, () -> done(call.get()));
    var failed = assertInstanceOf(MilvusFailed.class, thrown.getCause());
    assertInstanceOf(kind, failed.failure(), thrown.getMessage());
  }
}
