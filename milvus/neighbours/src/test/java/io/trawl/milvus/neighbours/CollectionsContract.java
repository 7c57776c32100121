package io.trawl.milvus.neighbours;

import static io.trawl.milvus.neighbours.IndexChoice.Kind.FLAT;
import static io.trawl.milvus.neighbours.IndexChoice.Kind.HNSW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import io.trawl.space.catalogue.AttributeValue;
import io.trawl.workers.testkit.RealMilvus;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Each call of administration against the real Milvus: what is written is read back, and what is
 * not there is told from what went wrong.
 */
abstract class CollectionsContract extends MilvusContract {

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

  /** To be dropped, aliases first. */
  private final Queue<String> made = new ConcurrentLinkedQueue<>();

  CollectionsContract(RealMilvus server) {
    super(server);
  }

  @AfterAll
  void drop() {
    for (var name : made) {
      if (!missing().containsKey(Ability.ALIASES)) {
        done(collections().aliases(name).recover(_ -> Future.succeededFuture(List.of())))
            .forEach(alias -> done(collections().dropAlias(alias)));
      }
      done(collections().drop(name));
    }
  }

  private String make(IndexChoice index) {
    var name = unusedName();
    made.add(name);
    done(collections().create(name, SCHEMA, Map.of(CollectionFacts.SPACE, "shop@3")));
    done(collections().createIndex(name, index));
    return name;
  }

  private void write(String name, ItemRow... rows) {
    done(collections().upsert(name, List.of(rows), ATTRIBUTES));
  }

  private static ItemRow row(int ordinal, Map<String, AttributeValue> attributes) {
    return new ItemRow(
        ordinal, "id " + ordinal, attributes, new float[] {ordinal, 0.1f, -0.0f, 1e-30f});
  }

  @Test
  void givesBackWhatWasWritten() {
    needs(Ability.COUNT);
    var name = make(IndexChoice.of(FLAT));
    done(collections().load(name));
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
    write(name, full, empty, bare);

    assertEquals(3, done(collections().count(name)));
    assertEquals(2, done(collections().count(name, 1, 3)));
    assertEquals(0, done(collections().count(name, 3, 9)));
    assertEquals(
        Map.of(0, full, 1, empty, 2, bare),
        done(collections().rows(name, List.of(0, 1, 2, 77), ATTRIBUTES)));

    var other = row(1, Map.of("price", new AttributeValue.Number(2)));
    write(name, other);
    assertEquals(3, done(collections().count(name)));
    assertEquals(Map.of(1, other), done(collections().rows(name, List.of(1), ATTRIBUTES)));

    var hits = done(collections().search(name, List.of(new float[] {1, 0, 0, 0}), 2, Map.of()));
    assertEquals(List.of(List.of(new StoredHit(2, 2), new StoredHit(1, 1))), hits);
  }

  @Test
  void describesByNameAndByAlias() {
    needs(Ability.ALIASES);
    needs(Ability.PROPERTIES);
    var absent = unusedName();
    assertEquals(Optional.empty(), done(collections().describe(absent)));
    assertEquals(Optional.empty(), done(collections().index(absent)));
    var name = make(IndexChoice.of(HNSW));
    var alias = name + "_alias";
    var facts = done(collections().describe(name)).orElseThrow();
    assertEquals(name, facts.name());
    assertEquals(4, facts.width());
    assertEquals(Optional.of("shop@3"), facts.space());
    assertEquals(Optional.empty(), facts.checksum());
    assertTrue(done(collections().names()).contains(name));

    done(collections().createAlias(alias, name));
    done(collections().write(name, Map.of(CollectionFacts.VERIFIED, "abc")));
    var byAlias = done(collections().describe(alias)).orElseThrow();
    assertEquals(name, byAlias.name());
    assertEquals(Optional.of("abc"), byAlias.checksum());
    assertEquals(Optional.of("shop@3"), byAlias.space());
    done(collections().write(name, Map.of(CollectionFacts.VERIFIED, "")));
    assertEquals(Optional.empty(), done(collections().describe(alias)).orElseThrow().checksum());
    assertEquals(List.of(alias), done(collections().aliases(name)));
  }

  @Test
  void saysWhatIsWrong() {
    needs(Ability.CODES);
    var name = make(IndexChoice.of(FLAT));
    // No server gives this a code of its own.
    refused(
        MilvusFailure.class,
        () -> collections().create(name, new ItemSchema(5, 1, List.of()), Map.of()));
    if (!missing().containsKey(Ability.UNLOADED_IS_REFUSED)) {
      refused(MilvusFailure.NotReady.class, () -> collections().count(name));
    }
    refused(MilvusFailure.Wrong.class, () -> collections().count("none_of_that_name"));
    refused(MilvusFailure.Wrong.class, () -> collections().move("no_alias", name));
  }

  private static void refused(Class<? extends MilvusFailure> kind, Supplier<Future<?>> call) {
    var thrown = assertThrows(CompletionException.class, () -> done(call.get()));
    var failed = assertInstanceOf(MilvusCallFailed.class, thrown.getCause());
    assertInstanceOf(kind, failed.failure(), thrown.getMessage());
  }
}
