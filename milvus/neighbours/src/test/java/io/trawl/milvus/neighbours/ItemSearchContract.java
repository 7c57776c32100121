package io.trawl.milvus.neighbours;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Certificate;
import io.trawl.domain.Deadline;
import io.trawl.domain.Filter;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.HitSource;
import io.trawl.space.Nearness;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import io.trawl.space.catalogue.AttributeValue;
import io.trawl.space.manifest.Manifest;
import io.trawl.workers.testkit.RealMilvus;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Against a real Milvus over a scanning index: the engine's answers are the exact engine's, bit by
 * bit, whatever the server could be told of filter and exclusions.
 */
@Execution(
    ExecutionMode.SAME_THREAD) // one after the other, or the seed would not tell what they draw
abstract class ItemSearchContract extends MilvusContract {

  private static final int COUNT = 3_000;
  private static final int WIDTH = 16;
  private static final Deadline LATE = Deadline.after(Duration.ofHours(1), Ticker.system());
  private static final ExploreSettings IGNORED = new ExploreSettings(1, 1, 1, 1);
  private static final List<ItemSchema.Column> COLUMNS =
      List.of(
          new ItemSchema.Column(new Attribute("category", AttributeType.TEXT), 64, 0),
          new ItemSchema.Column(new Attribute("tags", AttributeType.TEXTS), 64, 8),
          new ItemSchema.Column(new Attribute("price", AttributeType.NUMBER), 0, 0),
          new ItemSchema.Column(new Attribute("sold", AttributeType.FLAG), 0, 0));
  private static final ItemSchema SCHEMA = new ItemSchema(WIDTH, 16, COLUMNS);

  private static final long SEED = new Random().nextLong();
  private static final ItemVectors VECTORS = vectors();

  private final ItemCollection items = ItemCollection.of(unusedName(), SCHEMA.attributes());

  private final Random random = new Random(SEED + 1);

  ItemSearchContract(RealMilvus server) {
    super(server);
  }

  private static ItemVectors vectors() {
    var random = new Random(SEED);
    var values = new float[COUNT * WIDTH];
    for (var i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return ItemVectors.of(values, WIDTH);
  }

  @BeforeAll
  void load() {
    System.out.println("item search seed " + SEED);
    done(collections().create(items.name(), SCHEMA, Map.of()));
    done(collections().createIndex(items.name(), IndexChoice.of(IndexChoice.Kind.FLAT)));
    done(collections().load(items.name()));
    var rows = IntStream.range(0, COUNT).mapToObj(ItemSearchContract::row).toList();
    done(collections().upsert(items.name(), rows, SCHEMA.attributes()));
    // Counted after all that was written: what is searched from now on is all there.
    assertEquals(COUNT, done(collections().count(items.name())));
  }

  @AfterAll
  void drop() {
    done(collections().drop(items.name()));
  }

  private static ItemRow row(int i) {
    var vector = new float[WIDTH];
    for (var d = 0; d < WIDTH; d++) {
      vector[d] = VECTORS.at(i, d);
    }
    return new ItemRow(
        i,
        "id " + i,
        Map.of(
            "category", new AttributeValue.Text(category(i)),
            "tags", new AttributeValue.Texts(tags(i)),
            "price", new AttributeValue.Number(price(i)),
            "sold", new AttributeValue.Flag(i % 2 == 1)),
        vector);
  }

  private static String category(int i) {
    return switch (i % 4) {
      case 0 -> "tea \"green\"";
      case 1 -> "lamp";
      case 2 -> "Stühle";
      default -> "it's";
    };
  }

  private static List<String> tags(int i) {
    return IntStream.range(0, i % 3).mapToObj(t -> "t" + (i + t) % 5).toList();
  }

  private static double price(int i) {
    return (i % 100) / 4.0;
  }

  @Test
  void theEngineAnswersAsTheExactOneDoes() {
    var all = ItemSet.all(COUNT);
    for (var run = 0; run < 8; run++) {
      assertExact(1 + random.nextInt(20), 1 + random.nextInt(400), null, new int[0], all);
    }
  }

  @Test
  void filtersAndExclusionsGoAlong() {
    check(new Filter.Equal("category", new Filter.Text("tea \"green\"")), i -> i % 4 == 0);
    check(
        new Filter.In("category", List.of(new Filter.Text("Stühle"), new Filter.Text("it's"))),
        i -> i % 4 >= 2);
    check(new Filter.Equal("tags", new Filter.Text("t3")), i -> tags(i).contains("t3"));
    check(
        new Filter.In("tags", List.of(new Filter.Text("t3"), new Filter.Text("none"))),
        i -> tags(i).contains("t3"));
    check(new Filter.Range("price", 3.25, 7.5), i -> price(i) >= 3.25 && price(i) <= 7.5);
    check(
        new Filter.In("price", List.of(new Filter.Number(3), new Filter.Number(4.25))),
        i -> price(i) == 3 || price(i) == 4.25);
    check(new Filter.Equal("sold", new Filter.Flag(true)), i -> i % 2 == 1);
    check(
        new Filter.All(
            List.of(
                new Filter.Not(new Filter.Equal("category", new Filter.Text("lamp"))),
                new Filter.Any(
                    List.of(
                        new Filter.Equal("sold", new Filter.Flag(false)),
                        new Filter.Range("price", null, 2.0))))),
        i -> i % 4 != 1 && (i % 2 == 0 || price(i) <= 2));
    // Not understood there: these stay here.
    check(new Filter.Not(new Filter.Range("price", 3.25, null)), i -> price(i) < 3.25);
    check(new Filter.Equal("unknown", new Filter.Text("x")), i -> i % 10 == 0);
    check(new Filter.Any(List.of()), _ -> false);
  }

  private void check(Filter filter, IntPredicate matches) {
    var excluded = IntStream.range(0, COUNT).filter(i -> i % 97 == 0).toArray();
    var eligible = ItemSet.where(COUNT, matches).without(excluded);
    assertExact(6, 50, filter, excluded, eligible);
  }

  private void assertExact(
      int m, int k, @Nullable Filter filter, int[] excluded, ItemSet eligible) {
    var values = new float[m * WIDTH];
    for (var i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    var queries = new QueryVectors(values, m, WIDTH);
    var request = new SearchRequest(queries, k, eligible, 1, IGNORED);
    var exact = Engine.exact(VECTORS, Kernels.plain()).start(request).finish();
    var source = new MilvusHits(connection(), items, new SimpleMeterRegistry());
    var found = finish(request, source, filter, excluded);
    assertEquals(Certificate.EXACT, found.certificate(), () -> filter + " seed " + SEED);
    assertArrayEquals(exact.ordinals(), found.ordinals(), () -> filter + " seed " + SEED);
    assertArrayEquals(exact.scores(), found.scores(), () -> filter + " seed " + SEED);
  }

  private static SearchResult finish(
      SearchRequest request, HitSource source, @Nullable Filter filter, int[] excluded) {
    var search = Engine.milvus(VECTORS, Kernels.plain(), 0).start(request);
    for (var step = search.advance(); ; step = search.advance()) {
      switch (step) {
        case Search.Step.More _ -> {}
        case Search.Step.NeedNeighbours _ -> throw new AssertionError("it asked for neighbours");
        case Search.Step.NeedVectors _ -> throw new AssertionError("it asked for vectors");
        case Search.Step.NeedHits need ->
            search.supply(
                done(
                    source.hits(
                        new HitSource.Query(
                            request.queries().rows(need.queryVectors()),
                            need.limit(),
                            filter,
                            excluded,
                            request.eligible()),
                        LATE,
                        new Cancellation())));
        case Search.Step.Finished _ -> {
          return search.result();
        }
      }
    }
  }

  @Test
  void neighboursAreTheNearest() {
    for (var metric : Manifest.Metric.values()) {
      var nearness = new Nearness(VECTORS, metric);
      var source = new MilvusNeighbours(connection(), items, nearness);
      var asked = random.ints(40, 0, COUNT).toArray();
      var lists = done(source.neighbours(asked, 10, LATE, new Cancellation()));
      var found = 0;
      for (var i = 0; i < asked.length; i++) {
        var item = asked[i];
        var nearest =
            IntStream.range(0, COUNT)
                .filter(o -> o != item)
                .boxed()
                .sorted(Comparator.comparingDouble(o -> -nearness.between(item, o)))
                .limit(10)
                .toList();
        assertEquals(10, lists[i].length);
        found += (int) IntStream.of(lists[i]).filter(nearest::contains).count();
      }
      // Another metric than the index' finds what is near by both.
      var least = metric == Manifest.Metric.INNER_PRODUCT ? 399 : 120;
      var counted = found;
      assertTrue(counted >= least, () -> metric + ": " + counted + " of 400, seed " + SEED);
    }
  }
}
