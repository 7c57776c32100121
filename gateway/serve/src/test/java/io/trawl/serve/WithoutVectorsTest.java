package io.trawl.serve;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Degradation;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import io.trawl.retrieval.Hits;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.HitSource;
import io.trawl.serve.source.SourceFailed;
import io.trawl.serve.source.SpaceSources;
import io.trawl.serve.source.Uses;
import io.trawl.serve.space.GoldenCheck;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway on a small disk holds no item vectors. It must answer as one that does, say where the
 * scores came from, and end every request when they do not come.
 */
class WithoutVectorsTest {

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final FakeBackbone backbone = new FakeBackbone();
  private final ComputePool pool = new ComputePool(2, 64);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ItemVectors stored = stored();
  private float scale = 1;
  private @Nullable SourceFailed broken;
  private Space whole;
  private Space small;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    var path = TinySpace.write(directory);
    whole = Space.open(path, Verification.CHECKSUMS);
    Files.delete(path.resolve("item_vectors.npy"));
    small = Space.openWithoutVectors(path, Verification.CHECKSUMS);
    backbone.gives(small.goldenRequests().getFirst().queryVectors());
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
    whole.close();
    small.close();
  }

  private static ItemVectors stored() {
    var vectors = TinySpace.vectors();
    var values = new float[vectors.length * TinySpace.VECTOR_WIDTH];
    for (var i = 0; i < vectors.length; i++) {
      System.arraycopy(vectors[i], 0, values, i * TinySpace.VECTOR_WIDTH, vectors[i].length);
    }
    return ItemVectors.of(values, TinySpace.VECTOR_WIDTH);
  }

  private Future<ItemVectors> fetch(int[] ordinals) {
    if (broken != null) {
      return Future.failedFuture(broken);
    }
    var rows = new float[ordinals.length * stored.width()];
    for (var i = 0; i < rows.length; i++) {
      rows[i] = scale * stored.at(ordinals[i / stored.width()], i % stored.width());
    }
    return Future.succeededFuture(ItemVectors.of(rows, stored.width()));
  }

  private Future<Hits> hits(HitSource.Query query) {
    var lists = new int[query.queries().count()][];
    var bounds = new float[lists.length];
    for (var q = 0; q < lists.length; q++) {
      var row = q;
      lists[q] =
          IntStream.range(0, TinySpace.ITEMS)
              .filter(query.eligible()::contains)
              .boxed()
              .sorted(Comparator.comparingDouble(o -> -dot(query, row, o)))
              .limit(query.limit())
              .mapToInt(Integer::intValue)
              .toArray();
      bounds[q] =
          lists[q].length < query.limit()
              ? Float.NEGATIVE_INFINITY
              : (float) dot(query, row, lists[q][lists[q].length - 1]);
    }
    return Future.succeededFuture(new Hits(lists, bounds, true));
  }

  private double dot(HitSource.Query query, int row, int ordinal) {
    var sum = 0.0;
    for (var d = 0; d < stored.width(); d++) {
      sum += (double) query.queries().values()[row * stored.width() + d] * stored.at(ordinal, d);
    }
    return sum;
  }

  private SearchableSpace serving(Space space) {
    return SearchableSpace.of(
        space,
        Kernels.plain(),
        new SpaceSources(
            null, (query, _, _) -> hits(query), 2, (ordinals, _, _) -> fetch(ordinals), null));
  }

  private RetrievalPipeline pipeline(Space space) {
    var uses = new Uses();
    assertTrue(uses.begin().isPresent());
    return new RetrievalPipeline(serving(space), backbone, parts(), uses);
  }

  private SharedParts parts() {
    return TestParts.of(vertx, pool, ticker, registry);
  }

  @Test
  void answersAsTheWholeGatewayDoesAndSaysWhereTheScoresCameFrom() {
    for (var asking :
        List.of(
            asking().explore(3, 4, 2).explained(),
            asking().engine("milvus").k(7),
            asking().engine("milvus").filter(new Filter.Equal("category", text("tea"))))) {
      var expected = only(pipeline(whole), asking);
      var list = only(pipeline(small), asking);
      assertEquals(expected.items(), list.items());
      assertEquals(expected.remarks().certificate(), list.remarks().certificate());
      assertEquals(expected.search().itemsScored(), list.search().itemsScored());
      assertEquals(
          "%d items were scored by vectors out of Milvus, of 2,000 that may be"
              .formatted(list.search().itemsScored()),
          label(list));
    }
    assertEquals(3, degraded());
    assertTrue(registry.get("trawl.search.vectors.fetched").counter().count() > 10);
  }

  private static Filter.Text text(String value) {
    return new Filter.Text(value);
  }

  @Test
  void theObjectivesOfARequestShareWhatItMayFetch() {
    var both =
        asking()
            .explore(4, 20_000, 625)
            .objectives(
                new ObjectiveRequest("next-item", null), new ObjectiveRequest("text-search", "x"));
    for (var list : lists(pipeline(small), both)) {
      assertEquals(
          "%d items were scored by vectors out of Milvus, of 1,000 that may be; so 4 rounds,"
                  .formatted(list.search().itemsScored())
              + " sample 250, keep 62, neighbours 4",
          label(list));
    }
    assertEquals(2, registry.get("trawl.search.narrowed").counter().count());
  }

  @Test
  void findsItemsLikeOthersToo() {
    assertEquals(similar(pipeline(whole)).items(), similar(pipeline(small)).items());
    assertTrue(label(similar(pipeline(small))).contains("of 1,997 that may be"));
  }

  @Test
  void hasNoEngineThatScans() {
    var outcome = retrieve(pipeline(small), asking().engine("exact"));
    var invalid = assertInstanceOf(RetrievalOutcome.Invalid.class, outcome);
    assertTrue(invalid.violations().getFirst().why().endsWith("expected one of explore, milvus"));
  }

  /** The index finds what a blind sample would miss. */
  @Test
  void aFilterThatLeavesFewItemsGoesToTheIndex() {
    var filtered = asking().filter(new Filter.Equal("category", text("tea"))).k(4);
    var list = only(pipeline(small), filtered);
    assertEquals("milvus", list.search().engine());
    assertEquals(only(pipeline(whole), filtered.engine("exact")).items(), list.items());
  }

  @Test
  void withoutMilvusEveryRequestEndsAsOneThatFailed() {
    broken = new SourceFailed("Milvus took too long");
    var failed = new RetrievalOutcome.SearchFailed("Milvus took too long");
    assertEquals(failed, retrieve(pipeline(small), asking().explore(3, 4, 2)));
    assertEquals(failed, retrieve(pipeline(small), asking().engine("milvus")));
    assertEquals(failed, search(pipeline(small)));
  }

  @Test
  void isReadyWhenTheVectorsOfTheGoldenItemsGiveTheirScores() {
    assertEquals(Optional.empty(), goldenCheck());
    scale = 1.01f;
    assertTrue(goldenCheck().orElseThrow().contains("expected item"));
    broken = new SourceFailed("Milvus cannot be reached");
    assertTrue(goldenCheck().orElseThrow().endsWith("Milvus cannot be reached"));
  }

  @Test
  void isRefusedWhereNobodyHasTheVectors() {
    assertThrows(IllegalArgumentException.class, () -> SearchableSpace.of(small, Kernels.plain()));
  }

  private Optional<String> goldenCheck() {
    var check = new GoldenCheck(small, serving(small), backbone, List.of(), parts(), new Uses());
    return await(check.check(small.goldenRequests().getFirst(), asking().deadline()))
        .map(GoldenCheck.Finding::why);
  }

  private ObjectiveRetrieval similar(RetrievalPipeline pipeline) {
    var answered = assertInstanceOf(RetrievalOutcome.Answered.class, search(pipeline));
    return answered.retrieval().lists().getFirst();
  }

  private RetrievalOutcome search(RetrievalPipeline pipeline) {
    var query =
        new SearchQuery(
            "s1",
            new By.Likeness(List.of("i1", "i5"), List.of("i9"), OnMissing.FAIL),
            5,
            null,
            Set.of(),
            new EngineRequest(EngineName.EXPLORE, 3, 4, 2, 4, 5L),
            false);
    return await(pipeline.search(query, asking().deadline(), new Cancellation()));
  }

  private double degraded() {
    return registry.get("trawl.degraded").tag("kind", "vectors_from_milvus").counter().count();
  }

  private static String label(ObjectiveRetrieval list) {
    var labels =
        list.degradations().stream()
            .filter(label -> label.kind() == Degradation.Kind.VECTORS_FROM_MILVUS)
            .toList();
    assertEquals(1, labels.size());
    return labels.getFirst().detail();
  }

  private Asking asking() {
    return new Asking(ticker);
  }

  private RetrievalOutcome retrieve(RetrievalPipeline pipeline, Asking asking) {
    return await(pipeline.retrieve(asking.build(), asking.deadline(), new Cancellation()));
  }

  private List<ObjectiveRetrieval> lists(RetrievalPipeline pipeline, Asking asking) {
    return assertInstanceOf(RetrievalOutcome.Answered.class, retrieve(pipeline, asking))
        .retrieval()
        .lists();
  }

  private ObjectiveRetrieval only(RetrievalPipeline pipeline, Asking asking) {
    return lists(pipeline, asking).getFirst();
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(20, SECONDS).join();
  }
}
