package io.trawl.milvus.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.milvus.neighbours.CollectionFacts;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A check that fails says something of the space that it is about, and changes nothing of any other
 * one: a live collection stays verified, and its alias its own.
 */
class FailedCheckTest {

  private static final String LIVE = "odd_plain_v1";

  private final Vertx vertx = Vertx.vertx();
  private final FakeMilvus server = FakeMilvus.start();
  private final MilvusConnection connection =
      MilvusConnection.create(
          vertx,
          MilvusOptions.administering(server.endpoint(), "", Duration.ofMinutes(1)),
          () -> 0,
          new SimpleMeterRegistry());
  private final MilvusCollections collections = new MilvusCollections(connection, () -> 0);
  private final SpaceItems live = FakeItems.of("odd-plain", 1, 40);
  private final Map<String, String> facts = facts(live);

  @BeforeEach
  void start() {
    Calls.await(connection.start());
    server.add(LIVE, facts);
    server.alias("odd_plain", LIVE);
  }

  @AfterEach
  void stop() {
    Calls.await(connection.close());
    server.close();
    Calls.await(vertx.close());
  }

  private static Map<String, String> facts(SpaceItems items) {
    return Map.of(
        CollectionFacts.SPACE, items.id().toString(),
        CollectionFacts.SOURCE, items.checksum(),
        CollectionFacts.VERIFIED, items.checksum());
  }

  @Test
  void ofASpaceWhoseNameFallsTogether() {
    assertEquals(
        "collection odd_plain_v1 holds odd-plain@1; expected odd_plain@1",
        refused(() -> verify(FakeItems.of("odd_plain", 1, 40))));
    assertEquals(facts, server.properties(LIVE));
  }

  @Test
  void ofARetrainedOneOfTheSameNameAndVersion() {
    assertEquals(
        "collection odd_plain_v1 was loaded from other files of odd-plain@1 (checksum c0ffee1;"
            + " expected 0ther)",
        refused(() -> verify(FakeItems.of("odd-plain", 1, 40).withChecksum("0ther"))));
    assertEquals(facts, server.properties(LIVE));
  }

  @Test
  void thatCouldNotBeMade() {
    assertEquals("Milvus is not ready: collection not loaded", refused(() -> verify(live)));
    assertEquals(facts, server.properties(LIVE));
  }

  /** What was looked at and differs is no longer verified. */
  @Test
  void ofTheSpaceItselfTakesTheMark() {
    server.vectorWidth(7);
    assertEquals(
        "collection odd_plain_v1 has vectors of 7 numbers; expected 8",
        refused(() -> verify(live)));
    assertEquals("", server.properties(LIVE).get(CollectionFacts.VERIFIED));
  }

  @Test
  void anActivationLeavesTheAliasOfAnotherSpace() {
    var other = FakeItems.of("odd_plain", 2, 40);
    server.add("odd_plain_v2", facts(other));
    assertEquals(
        "alias odd_plain belongs to space odd-plain; expected one of odd_plain: rename a space",
        refused(() -> new ActiveCollections(collections).activate(other)));
    assertEquals(Map.of("odd_plain", LIVE), server.aliases());

    server.add("odd_plain_v2", facts(FakeItems.of("odd-plain", 2, 40)));
    new ActiveCollections(collections).activate("odd_plain_v2");
    assertEquals(Map.of("odd_plain", "odd_plain_v2"), server.aliases());
  }

  private void verify(SpaceItems items) {
    new SpaceVerifier(collections, Watch.silent()).verify(items, SpaceVerifier.Options.defaults());
  }

  private static String refused(Runnable job) {
    return String.valueOf(assertThrows(AdminFailed.class, job::run).getMessage());
  }
}
