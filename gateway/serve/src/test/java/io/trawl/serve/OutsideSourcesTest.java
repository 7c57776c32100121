package io.trawl.serve;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Certificate;
import io.trawl.domain.Degradation;
import io.trawl.domain.Degradation.Kind;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RankedItem;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import io.trawl.retrieval.Hits;
import io.trawl.retrieval.Kernels;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.HitSource;
import io.trawl.serve.source.NeighbourPlane;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.serve.source.PlaneOptions;
import io.trawl.serve.source.SourceFailed;
import io.trawl.serve.source.SpaceSources;
import io.trawl.serve.source.Uses;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An index outside the process comes and goes. While it is there its answers are the exact
 * engine's; when it is not, every request still ends, labelled or typed, never silently worse.
 */
class OutsideSourcesTest {

  private static final Filter TEA = new Filter.Equal("category", new Filter.Text("tea"));

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final FakeBackbone backbone = new FakeBackbone();
  private final ComputePool pool = new ComputePool(2, 64);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<HitSource.Query> asked = new ArrayList<>();
  private final float[][] vectors = TinySpace.vectors();
  private Path directory = Path.of("");
  private @Nullable Space space;
  private @Nullable SourceFailed broken;
  private int worksFor = Integer.MAX_VALUE;

  @BeforeEach
  void here(@TempDir Path here) {
    directory = here;
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
    if (space != null) {
      space.close();
    }
  }

  /** Scans, and knows neither filters nor exclusions. */
  private Future<Hits> hits(HitSource.Query query) {
    synchronized (asked) {
      asked.add(query);
      if (broken != null || asked.size() > worksFor) {
        return Future.failedFuture(broken == null ? new SourceFailed("gone meanwhile") : broken);
      }
    }
    var lists = new int[query.queries().count()][];
    var bounds = new float[lists.length];
    for (var q = 0; q < lists.length; q++) {
      var row = q * query.queries().width();
      var values = query.queries().values();
      var all =
          IntStream.range(0, TinySpace.ITEMS)
              .boxed()
              .sorted(Comparator.comparingDouble(o -> -dot(values, row, o)))
              .mapToInt(Integer::intValue)
              .toArray();
      // Over-fetches where it cannot filter: the caller wants so many that are eligible.
      var eligible = 0;
      var length = 0;
      while (length < all.length && eligible < query.limit()) {
        eligible += query.eligible().contains(all[length++]) ? 1 : 0;
      }
      lists[q] = IntStream.of(all).limit(length).toArray();
      bounds[q] =
          length == all.length
              ? Float.NEGATIVE_INFINITY
              : (float) dot(values, row, all[length - 1]);
    }
    return Future.succeededFuture(new Hits(lists, bounds, true));
  }

  private double dot(float[] values, int row, int ordinal) {
    var sum = 0.0;
    for (var d = 0; d < vectors[ordinal].length; d++) {
      sum += (double) values[row + d] * vectors[ordinal][d];
    }
    return sum;
  }

  private RetrievalPipeline pipeline(boolean withGraph, @Nullable NeighbourSource neighbours) {
    var tiny = TinySpace.in(directory);
    if (!withGraph) {
      tiny.without("neighbours.npy").manifest(manifest -> manifest.remove("neighbours"));
    }
    var opened = Space.open(tiny.write(), Verification.CHECKSUMS);
    space = opened;
    backbone.gives(opened.goldenRequests().getFirst().queryVectors());
    var uses = new Uses();
    assertTrue(uses.begin().isPresent());
    return new RetrievalPipeline(
        SearchableSpace.of(
            opened, Kernels.plain(), new SpaceSources(neighbours, (query, _, _) -> hits(query), 2)),
        backbone,
        TestParts.of(vertx, pool, ticker, registry),
        uses);
  }

  private RetrievalPipeline pipeline() {
    return pipeline(true, null);
  }

  // the engine

  @Test
  void answersAsTheExactEngineDoesAndSaysSo() {
    var pipeline = pipeline();
    for (var k : new int[] {1, 3, 10, TinySpace.ITEMS}) {
      var exact = only(pipeline, asking().engine("exact").k(k));
      var list = only(pipeline, asking().engine("milvus").k(k));
      assertEquals(exact.items(), list.items());
      assertEquals("milvus", list.search().engine());
      assertEquals(Certificate.EXACT, list.remarks().certificate());
      assertEquals(List.of(), list.degradations());
      assertNull(exact.remarks().certificate());
    }
    assertEquals(
        4, registry.get("trawl.search.certificates").tag("certificate", "exact").counter().count());
  }

  @Test
  void tellsTheIndexWhatMayBeReturnedAndAppliesItItself() {
    var pipeline = pipeline();
    var best = ids(only(pipeline, asking().engine("exact").filter(TEA).k(4)));
    var exact = ids(only(pipeline, asking().engine("exact").filter(TEA).exclude(best.get(1)).k(4)));
    var list = only(pipeline, asking().engine("milvus").filter(TEA).exclude(best.get(1)).k(4));
    assertEquals(exact, ids(list));
    var query = asked.getFirst();
    assertEquals(TEA, query.filter());
    assertArrayEquals(new int[] {TinySpace.ordinal(best.get(1))}, query.excluded());
  }

  @Test
  void whatMeasuresByCosineHasNoSuchEngine() {
    var pipeline = pipeline();
    var like = new By.Likeness(List.of("i1"), List.of(), OnMissing.FAIL);
    var named =
        new SearchQuery(
            "s1",
            like,
            5,
            null,
            Set.of(),
            new EngineRequest(EngineName.MILVUS, null, null, null, null, null),
            false);
    var outcome = await(pipeline.search(named, asking().deadline(), new Cancellation()));
    var invalid = assertInstanceOf(RetrievalOutcome.Invalid.class, outcome);
    assertTrue(invalid.violations().getFirst().why().contains("expected one of exact, explore"));
  }

  // without it

  @Test
  void theGraphServesWhenTheIndexIsGone() {
    var pipeline = pipeline();
    broken =
        new SourceFailed(
            "Milvus cannot be reached", "Milvus cannot be reached: 10.0.0.7:19530: refused");
    var list = only(pipeline, asking().engine("milvus"));
    assertEquals(ids(only(pipeline, asking().engine("explore"))), ids(list));
    assertEquals("explore", list.search().engine());
    assertNull(list.remarks().certificate());
    assertEquals(
        List.of(
            new Degradation(
                Kind.WITHOUT_MILVUS,
                "the space's own graph served the search: Milvus cannot be reached")),
        list.degradations());
    assertEquals(1, degraded());
  }

  @Test
  void withoutAGraphTheRequestEndsAsOneThatFailed() {
    var pipeline = pipeline(false, null);
    broken = new SourceFailed("Milvus took too long");
    assertEquals(
        new RetrievalOutcome.SearchFailed("Milvus took too long"),
        retrieve(pipeline, asking().engine("milvus")));
  }

  @Test
  void anIndexThatGoesBetweenTwoCallsLeavesWhatWasFound() {
    var pipeline = pipeline(false, null);
    worksFor = 1;
    var list = only(pipeline, asking().engine("milvus").k(20));
    assertEquals(Certificate.NONE, list.remarks().certificate());
    assertEquals(
        List.of(Kind.WITHOUT_MILVUS, Kind.SEARCH_CUT_SHORT, Kind.FEWER_THAN_K),
        list.degradations().stream().map(Degradation::kind).toList());
    assertTrue(!list.items().isEmpty() && list.items().size() < 20);
  }

  @Test
  void theGraphGivesNeighboursWhenTheirSourceDoesNot() {
    var calls = new int[1];
    var pipeline =
        pipeline(
            true,
            (_, _, _, _) -> {
              calls[0]++;
              return Future.failedFuture(new SourceFailed("Milvus was not asked"));
            });
    var list = only(pipeline, asking().explore(3, 4, 2));
    assertEquals(1, calls[0]);
    assertEquals(3, list.search().rounds());
    assertEquals(
        List.of(
            new Degradation(
                Kind.WITHOUT_MILVUS,
                "the space's own graph gave neighbours: Milvus was not asked")),
        list.degradations());
    assertEquals(1, degraded());
  }

  @Test
  void aBlindSampleIsNoAnswer() {
    var pipeline =
        pipeline(
            false, (_, _, _, _) -> Future.failedFuture(new SourceFailed("Milvus took too long")));
    assertEquals(
        new RetrievalOutcome.SearchFailed("Milvus took too long"),
        retrieve(pipeline, asking().explore(3, 4, 2)));
  }

  @Test
  void theSourceGetsHalfOfTheTimeWhereAGraphIsLeft() {
    Promise<Duration> left = Promise.promise();
    var pipeline =
        pipeline(
            true,
            (_, _, deadline, _) -> {
              left.tryComplete(deadline.left(ticker));
              return Future.failedFuture(new SourceFailed("late"));
            });
    only(pipeline, asking().explore(3, 4, 2).within(Duration.ofMillis(1003)));
    assertEquals(Duration.ofMillis(500), await(left.future()));
  }

  @Test
  void neighboursFromOutsideAnswerAsTheGraphDoes() {
    var withGraph = pipeline(true, null);
    var expected = only(withGraph, asking().explore(3, 4, 2));
    var table = java.util.Objects.requireNonNull(space).neighbours().orElseThrow();
    var outside =
        new NeighbourPlane(vertx, NeighbourSource.local(table), new PlaneOptions(3, 2, 1), ticker);
    var pipeline = pipeline(true, outside);
    for (var run = 0; run < 3; run++) {
      assertEquals(expected, only(pipeline, asking().explore(3, 4, 2)));
    }
    assertEquals(List.of(), expected.degradations());
  }

  private double degraded() {
    return registry.get("trawl.degraded").tag("kind", "without_milvus").counter().count();
  }

  private Asking asking() {
    return new Asking(ticker);
  }

  private RetrievalOutcome retrieve(RetrievalPipeline pipeline, Asking asking) {
    return await(pipeline.retrieve(asking.build(), asking.deadline(), new Cancellation()));
  }

  private ObjectiveRetrieval only(RetrievalPipeline pipeline, Asking asking) {
    var answered = assertInstanceOf(RetrievalOutcome.Answered.class, retrieve(pipeline, asking));
    return answered.retrieval().lists().getFirst();
  }

  private static List<String> ids(ObjectiveRetrieval list) {
    return list.items().stream().map(RankedItem::id).toList();
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(20, SECONDS).join();
  }
}
