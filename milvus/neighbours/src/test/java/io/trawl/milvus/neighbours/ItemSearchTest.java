package io.trawl.milvus.neighbours;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.common.DataType;
import io.milvus.v2.common.IndexParam;
import io.milvus.v2.service.collection.request.AddFieldReq;
import io.milvus.v2.service.collection.request.CreateCollectionReq;
import io.milvus.v2.service.collection.request.DropCollectionReq;
import io.milvus.v2.service.vector.request.InsertReq;
import io.trawl.domain.Certificate;
import io.trawl.domain.Deadline;
import io.trawl.domain.Filter;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.Cancellation;
import io.trawl.serve.HitSource;
import io.trawl.space.AttributeType;
import io.trawl.space.Manifest;
import io.trawl.space.Nearness;
import io.trawl.workers.testkit.RealMilvus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Against a real Milvus over a scanning index: the engine's answers are the exact engine's, bit by
 * bit, whatever the server could be told of filter and exclusions.
 */
@EnabledIfSystemProperty(named = "trawl.servers", matches = "true")
class ItemSearchTest {

  private static final int COUNT = 3_000;
  private static final int WIDTH = 16;
  private static final Deadline LATE = Deadline.after(Duration.ofHours(1), Ticker.system());
  private static final ExploreSettings IGNORED = new ExploreSettings(1, 1, 1, 1);
  private static final ItemCollection ITEMS =
      new ItemCollection(
          "item_search_test",
          Map.of(
              "category", new ItemCollection.Field("a_category", AttributeType.TEXT),
              "tags", new ItemCollection.Field("a_tags", AttributeType.TEXTS),
              "price", new ItemCollection.Field("a_price", AttributeType.NUMBER),
              "sold", new ItemCollection.Field("a_sold", AttributeType.FLAG)));

  private static final long SEED = new Random().nextLong();
  private static final Random RANDOM = new Random(SEED);
  private static final ItemVectors VECTORS = vectors();

  private static Vertx vertx;
  private static MilvusConnection milvus;

  private static ItemVectors vectors() {
    var values = new float[COUNT * WIDTH];
    for (var i = 0; i < values.length; i++) {
      values[i] = (float) RANDOM.nextGaussian();
    }
    return ItemVectors.of(values, WIDTH);
  }

  @BeforeAll
  static void load() {
    System.out.println("ItemSearchTest seed " + SEED);
    vertx = Vertx.vertx();
    milvus =
        MilvusConnection.create(
            vertx,
            MilvusOptions.defaults()
                .withEndpoint(RealMilvus.shared().endpoint())
                .withCallTimeout(Duration.ofMinutes(2)),
            Ticker.system(),
            new SimpleMeterRegistry());
    await(milvus.start());
    call(ItemSearchTest::create);
    for (var from = 0; from < COUNT; from += 1_000) {
      var first = from;
      call(client -> insert(client, first));
    }
  }

  @AfterAll
  static void drop() {
    call(
        client -> {
          client.dropCollection(DropCollectionReq.builder().collectionName(ITEMS.name()).build());
          return true;
        });
    await(milvus.close());
    await(vertx.close());
  }

  private static boolean create(MilvusClientV2 client) {
    client.dropCollection(DropCollectionReq.builder().collectionName(ITEMS.name()).build());
    var schema = CreateCollectionReq.CollectionSchema.builder().build();
    schema.addField(
        AddFieldReq.builder()
            .fieldName(ItemFields.ORDINAL)
            .dataType(DataType.Int64)
            .isPrimaryKey(true)
            .autoID(false)
            .build());
    schema.addField(
        AddFieldReq.builder()
            .fieldName(ItemFields.VECTOR)
            .dataType(DataType.FloatVector)
            .dimension(WIDTH)
            .build());
    schema.addField(
        AddFieldReq.builder()
            .fieldName("a_category")
            .dataType(DataType.VarChar)
            .maxLength(64)
            .build());
    schema.addField(
        AddFieldReq.builder()
            .fieldName("a_tags")
            .dataType(DataType.Array)
            .elementType(DataType.VarChar)
            .maxCapacity(8)
            .maxLength(64)
            .build());
    schema.addField(AddFieldReq.builder().fieldName("a_price").dataType(DataType.Double).build());
    schema.addField(AddFieldReq.builder().fieldName("a_sold").dataType(DataType.Int8).build());
    client.createCollection(
        CreateCollectionReq.builder()
            .collectionName(ITEMS.name())
            .collectionSchema(schema)
            .indexParams(
                List.of(
                    IndexParam.builder()
                        .fieldName(ItemFields.VECTOR)
                        .indexType(IndexParam.IndexType.FLAT)
                        .metricType(IndexParam.MetricType.IP)
                        .build()))
            .build());
    return true;
  }

  private static boolean insert(MilvusClientV2 client, int from) {
    var rows = new ArrayList<JsonObject>();
    for (var i = from; i < from + 1_000; i++) {
      var row = new JsonObject();
      row.addProperty(ItemFields.ORDINAL, (long) i);
      var vector = new JsonArray();
      for (var d = 0; d < WIDTH; d++) {
        vector.add(VECTORS.at(i, d));
      }
      row.add(ItemFields.VECTOR, vector);
      row.addProperty("a_category", category(i));
      var tags = new JsonArray();
      tags(i).forEach(tags::add);
      row.add("a_tags", tags);
      row.addProperty("a_price", price(i));
      row.addProperty("a_sold", i % 2);
      rows.add(row);
    }
    client.insert(InsertReq.builder().collectionName(ITEMS.name()).data(rows).build());
    return true;
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
      assertExact(1 + RANDOM.nextInt(20), 1 + RANDOM.nextInt(400), null, new int[0], all);
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
    var eligible = ItemSet.none(COUNT);
    IntStream.range(0, COUNT).filter(matches).forEach(eligible::add);
    var excluded = IntStream.range(0, COUNT).filter(i -> i % 97 == 0).toArray();
    IntStream.of(excluded).forEach(eligible::remove);
    assertExact(6, 50, filter, excluded, eligible);
  }

  private void assertExact(
      int m, int k, @Nullable Filter filter, int[] excluded, ItemSet eligible) {
    var values = new float[m * WIDTH];
    for (var i = 0; i < values.length; i++) {
      values[i] = (float) RANDOM.nextGaussian();
    }
    var queries = new QueryVectors(values, m, WIDTH);
    var request = new SearchRequest(queries, k, eligible, 1, IGNORED);
    var exact =
        Engine.exact(VECTORS, Kernels.plain())
            .start(request)
            .finish(NeighbourTable.of(new int[0], 1));
    var source = new MilvusHits(milvus, ITEMS, new SimpleMeterRegistry());
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
                await(
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
      var source = new MilvusNeighbours(milvus, ITEMS, nearness);
      var asked = RANDOM.ints(40, 0, COUNT).toArray();
      var lists = await(source.neighbours(asked, 10, LATE));
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

  private static <T> T call(Function<MilvusClientV2, T> work) {
    return await(milvus.call("test", LATE, new Cancellation(), work));
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(180, TimeUnit.SECONDS).join();
  }
}
