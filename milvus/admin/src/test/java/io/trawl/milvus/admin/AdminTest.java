package io.trawl.milvus.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Ticker;
import io.trawl.milvus.neighbours.CollectionFacts;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.milvus.neighbours.IndexChoice;
import io.trawl.milvus.neighbours.ItemRow;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.retrieval.QueryVectors;
import io.trawl.workers.testkit.RealMilvus;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A space's life in the real Milvus: what was interrupted goes on, what is wrong is found, and the
 * alias never points to what was not compared. The spaces of the tests have names of their own.
 */
@EnabledIfSystemProperty(named = "trawl.servers", matches = "true")
@Execution(ExecutionMode.CONCURRENT)
class AdminTest {

  private static final IndexChoice FLAT = IndexChoice.of(IndexChoice.Kind.FLAT);
  private static final int RESUMED_BATCH = 500;
  private static final SpaceVerifier.Options LOOK =
      new SpaceVerifier.Options(500, 10, 10, 0.95, Map.of(), 7);

  private static Vertx vertx;
  private static MilvusConnection connection;
  private static MilvusCollections collections;

  @BeforeAll
  static void connect() {
    vertx = Vertx.vertx();
    connection =
        MilvusConnection.create(
            vertx,
            MilvusOptions.administering(RealMilvus.shared().endpoint(), "", Duration.ofMinutes(1)),
            Ticker.system(),
            new SimpleMeterRegistry());
    Calls.await(connection.start());
    collections = new MilvusCollections(connection, Ticker.system());
  }

  @AfterAll
  static void disconnect() {
    Calls.await(connection.close());
    Calls.await(vertx.close());
  }

  private static SpaceLoader.Loaded load(SpaceItems items, IndexChoice index) {
    return new SpaceLoader(collections, Watch.silent(), Pause.sleeping()).load(items, index);
  }

  private static SpaceVerifier.Verified verify(SpaceItems items) {
    return new SpaceVerifier(collections, Watch.silent()).verify(items, LOOK);
  }

  private static ActiveCollections activation() {
    return new ActiveCollections(collections);
  }

  private static CollectionFacts facts(String name) {
    return Calls.await(collections.describe(name)).orElseThrow();
  }

  private static void refused(String why, Runnable job) {
    var failed = assertThrows(AdminFailed.class, job::run);
    var said = String.valueOf(failed.getMessage());
    assertTrue(said.contains(why), said);
  }

  @Test
  void loadsVerifiesActivatesAndGoesBack() {
    var first = FakeItems.of("swap-test", 1, 40);
    var second = FakeItems.of("swap-test", 2, 41);

    assertEquals(new SpaceLoader.Loaded("swap_test_v1", 40, 40), load(first, FLAT));
    refused("not verified", () -> activation().activate(first));
    var verified = verify(first);
    assertEquals(new SpaceVerifier.Verified("swap_test_v1", 40, 1, first.checksum()), verified);
    refused("there is no alias", () -> activation().rollback("swap_test"));
    assertEquals(
        new ActiveCollections.Moved("swap_test", "swap_test_v1", Optional.empty()),
        activation().activate(first));
    assertEquals("swap_test_v1", facts("swap_test").name());
    refused("never pointed elsewhere", () -> activation().rollback("swap_test"));

    load(second, FLAT);
    verify(second);
    var moved = activation().activate("swap_test_v2");
    assertEquals(
        new ActiveCollections.Moved("swap_test", "swap_test_v2", Optional.of("swap_test_v1")),
        moved);
    assertEquals("swap_test_v2", facts("swap_test").name());
    assertEquals(second.checksum(), facts("swap_test").checksum().orElseThrow());
    // Once more changes nothing, and not what it goes back to.
    activation().activate("swap_test_v2");

    refused("alias swap_test points to swap_test_v2", () -> activation().drop("swap_test_v2"));
    refused("swap_test is an alias", () -> activation().drop("swap_test"));
    assertEquals("swap_test_v1", activation().rollback("swap_test").collection());
    assertEquals("swap_test_v2", activation().rollback("swap_test").collection());

    var listed =
        activation().list().stream()
            .filter(each -> each.facts().name().startsWith("swap_test"))
            .toList();
    assertEquals(
        List.of(List.of(), List.of("swap_test")),
        listed.stream().map(ActiveCollections.Listed::aliases).toList());
    assertEquals(
        List.of("FLAT", "FLAT"), listed.stream().map(ActiveCollections.Listed::index).toList());

    activation().drop("swap_test_v1");
    refused("swap_test_v1 before, which is dropped", () -> activation().rollback("swap_test"));
    refused("no collection swap_test_v1", () -> activation().drop("swap_test_v1"));
  }

  /** Killed in the middle of writing: what is there is kept, what is not is written. */
  @Test
  void goesOnWhereItWasInterrupted() {
    var items = FakeItems.of("resume-test", 1, 3_000);
    var writing =
        new Watch() {
          private long left = 900;

          @Override
          public Stage begin(String what, long total) {
            return new Stage() {
              @Override
              public void advance(long steps) {
                left -= steps;
                if (what.equals("writing items") && left < 0) {
                  throw new AdminFailed("killed");
                }
              }

              @Override
              public void close() {}
            };
          }

          @Override
          public void passed(String what) {}
        };
    refused(
        "killed",
        () ->
            new SpaceLoader(collections, writing, Pause.sleeping(), RESUMED_BATCH)
                .load(items, FLAT));
    refused("not verified", () -> activation().activate(items));

    var resumed =
        new SpaceLoader(collections, Watch.silent(), Pause.sleeping(), RESUMED_BATCH)
            .load(items, FLAT);
    assertTrue(resumed.written() > 0 && resumed.written() < 3_000, resumed.toString());
    assertEquals(0, resumed.written() % RESUMED_BATCH);
    assertEquals(3_000, resumed.rows());
    assertEquals(1, verify(items).recall());
    assertEquals(0, load(items, FLAT).written());
    refused(
        "index is HNSW; expected FLAT", () -> load(items, IndexChoice.of(IndexChoice.Kind.HNSW)));
    assertTrue(
        Calls.await(collections.index(items.collection())).orElseThrow().indexedRows() >= 3_000);
  }

  /** Enough rows that Milvus builds what was asked for instead of scanning. */
  @ParameterizedTest
  @EnumSource(value = IndexChoice.Kind.class, mode = EnumSource.Mode.EXCLUDE, names = "DISKANN")
  void everyIndexIsBuiltAndVerified(IndexChoice.Kind kind) {
    var items = FakeItems.of("index-" + kind, 1, 1_100);
    load(items, IndexChoice.of(kind));
    var progress = Calls.await(collections.index(items.collection())).orElseThrow();
    assertEquals(kind.name(), progress.kind());
    assertTrue(progress.indexedRows() >= 1_100, progress.toString());
    var recall = verify(items).recall();
    assertTrue(kind.exact() ? recall == 1 : recall >= LOOK.minRecall(), kind + ": " + recall);
    activation().drop(items.collection());
  }

  /** Servers without DISKANN take the order, and fail at it again and again without a word. */
  @Test
  void anIndexThatIsNeverBuiltIsGivenUp() {
    var items = FakeItems.of("never-test", 1, 1_100);
    Pause hasty = _ -> Pause.sleeping().take(Duration.ofMillis(2));
    try {
      refused(
          "collection never_test_v1 stands at 0 of 1100 rows",
          () ->
              new SpaceLoader(collections, Watch.silent(), hasty)
                  .load(items, IndexChoice.of(IndexChoice.Kind.DISKANN)));
    } finally {
      activation().drop(items.collection());
    }
  }

  @Test
  void findsWhatIsWrong() {
    var items = FakeItems.of("wrong-test", 1, 60);
    refused("does not exist", () -> verify(items));
    refused("no collection", () -> activation().activate(items));
    load(items, FLAT);

    refused("loaded from other files", () -> verify(items.withChecksum("0ther")));
    refused("loaded from other files", () -> load(items.withChecksum("0ther"), FLAT));
    refused(
        "holds wrong-test@1; expected wrong.test@1", () -> load(items.named("wrong.test"), FLAT));

    verify(items);
    var changed = items.row(9);
    changed.vector()[3] += 1e-6f;
    Calls.await(collections.upsert(items.collection(), List.of(changed), items.schema()));
    refused("another row than the space for item id 9", () -> verify(items));
  }

  @Test
  void whatFailsIsNoLongerVerified() {
    var items = FakeItems.of("fail-test", 1, 50);
    load(items, FLAT);
    verify(items);
    var far = new float[items.vectors().width()];
    var stray = new ItemRow(50, "stray", Map.of(), far);
    Calls.await(collections.upsert(items.collection(), List.of(stray), items.schema()));
    refused("has 51 rows; expected 50", () -> verify(items));
    refused("not verified", () -> activation().activate(items));
  }

  @Test
  void ofManyQueryVectorsTheBestCounts() {
    var items = FakeItems.of("many-test", 1, 500);
    var width = items.vectors().width();
    var values = new float[3 * width];
    values[0] = 1;
    values[width + 1] = 1;
    values[2 * width + 2] = -1;
    var asking = items.asking(new QueryVectors(values, 3, width));
    load(asking, FLAT);
    assertEquals(1, verify(asking).recall());
  }

  @Test
  void namesWhatMilvusCannotHold() {
    refused(
        "item id 3 has 65536 bytes as brand; expected at most 65535",
        () -> load(FakeItems.of("big-test", 1, 5).branded(3, "x".repeat(65_536)), FLAT));
    refused(
        "item id 4 has the one character U+001F as brand",
        () -> load(FakeItems.of("big-test", 1, 5).branded(4, "\u001f"), FLAT));
    assertEquals(
        Optional.empty(),
        Calls.await(collections.describe(CollectionNames.collection(new SpaceId("big-test", 1)))));
  }
}
