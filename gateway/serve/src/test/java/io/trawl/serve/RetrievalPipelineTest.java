package io.trawl.serve;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Degradation;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Stage;
import io.trawl.domain.Violation;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.Uses;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise of the whole gateway: every request ends as exactly one outcome, in time, with
 * nothing left running behind it, and says truly how it came about.
 */
class RetrievalPipelineTest {

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final FakeBackbone backbone = new FakeBackbone();
  private final ComputePool pool = new ComputePool(2, 8);
  private final Cancellation caller = new Cancellation();
  private Space space;
  private RetrievalPipeline pipeline;

  private final Uses uses = new Uses();

  @BeforeEach
  void open(@TempDir Path directory) {
    space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
    pipeline =
        new RetrievalPipeline(
            SearchableSpace.of(space, Kernels.plain()),
            backbone,
            TestParts.of(vertx, pool, ticker),
            uses);
    assertTrue(uses.begin().isPresent());
    backbone.gives(golden());
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
    space.close();
  }

  @Test
  void answersWithTheExactTopForTheBackbonesVectors() throws Exception {
    var list = onlyList(answered(asking().engine("exact")));
    var golden = space.goldenRequests().getFirst();
    assertEquals(space.catalogue().id(golden.top().ordinals()[0]), list.items().getFirst().id());
    assertEquals(golden.top().scores()[0], list.items().getFirst().score(), 1e-4f);
    assertEquals("exact", list.search().engine());
    assertEquals(TinySpace.ITEMS, list.search().itemsScored());
    assertEquals(1, list.behavioursSkipped());
    assertEquals(List.of(), list.degradations());
  }

  @Test
  void exploresByDefaultAndSaysBySeed() throws Exception {
    var list = onlyList(answered(asking()));
    assertEquals("explore", list.search().engine());
    assertEquals(TestParts.SEED, list.search().seed());
    assertEquals(5, onlyList(answered(asking().seed(5))).search().seed());
  }

  @Test
  void whatARequestCostsFollowsItsListsItsQueryVectorsAndItsFilter() {
    var usual = EngineRequest.defaults();
    var lamps = new Filter.Equal("category", new Filter.Text("lamp"));
    assertEquals(1, pipeline.cost(new Retriever.Asked(usual, 0, 0, null)));
    assertEquals(3, pipeline.cost(new Retriever.Asked(usual, 3, 0, null)));
    assertEquals(1, pipeline.cost(new Retriever.Asked(usual, 1, 1, null)));
    var many = 100 * TinySpace.QUERY_VECTORS;
    assertEquals(100, pipeline.cost(new Retriever.Asked(usual, 1, many, null)));
    var conditions = new Filter.All(List.of(lamps, new Filter.Not(lamps), lamps));
    var unfiltered = pipeline.cost(new Retriever.Asked(usual, 3, 0, null));
    var one = pipeline.cost(new Retriever.Asked(usual, 3, 0, lamps)) - unfiltered;
    assertTrue(one > 0, "a filter looks at every item");
    var three = pipeline.cost(new Retriever.Asked(usual, 3, 0, conditions)) - unfiltered;
    assertEquals(3 * one, three, 1e-9);
  }

  @Test
  void reportsEveryStage() throws Exception {
    assertEquals(Set.of(Stage.values()), answered(asking()).retrieval().stageNanos().keySet());
  }

  @Test
  void leavesOutHistoryAndExclusions() throws Exception {
    var best = ids(onlyList(answered(asking().engine("exact"))));
    var rest =
        ids(
            onlyList(
                answered(
                    asking()
                        .engine("exact")
                        .history(best.get(0))
                        .excludeHistory()
                        .exclude(best.get(1), "no such item"))));
    assertEquals(best.subList(2, 4), rest.subList(0, 2));
  }

  @Test
  void filtersInsideTheSearchAndSaysWhenItemsRunOut() throws Exception {
    var lamps = new Filter.Equal("category", new Filter.Text("lamp"));
    var list = onlyList(answered(asking().engine("exact").k(TinySpace.ITEMS).filter(lamps)));
    assertFalse(list.items().isEmpty());
    var serving = SearchableSpace.of(space, Kernels.plain());
    for (var item : list.items()) {
      assertEquals(
          List.of(new Filter.Text("lamp")),
          serving.item(item.id()).orElseThrow().attributes().get("category"));
    }
    assertEquals(
        List.of(Degradation.Kind.FEWER_THAN_K),
        list.degradations().stream().map(Degradation::kind).toList());
  }

  @Test
  void answersObjectivesInTheOrderAsked() throws Exception {
    var lists = answered(asking().objectives(search("tea"), next())).retrieval().lists();
    assertEquals(
        List.of("text-search", "next-item"),
        lists.stream().map(ObjectiveRetrieval::objective).toList());
  }

  @Test
  void namesEveryFieldThatDoesNotFitTheSpace() throws Exception {
    var wrong =
        assertInstanceOf(
            RetrievalOutcome.Invalid.class,
            ended(
                asking()
                    .objectives(new ObjectiveRequest("nope", null), search(null), next("lamp"))
                    .filter(new Filter.Equal("colour", new Filter.Text("red")))
                    .engine("milvus")));
    assertEquals(
        List.of(
            "objectives[0].name",
            "objectives[1].text",
            "objectives[2].text",
            "filter.equal.attribute",
            "engine.engine"),
        wrong.violations().stream().map(Violation::field).toList());
    assertEquals(List.of(), backbone.asked);
  }

  @Test
  void anExpiredDeadlineIsAnsweredAtOnceWithoutTheBackbone() throws Exception {
    assertInstanceOf(RetrievalOutcome.Expired.class, ended(asking().within(Duration.ZERO)));
    assertEquals(List.of(), backbone.asked);
  }

  @Test
  void aDeadlineThatPassesInTheBackboneEndsTheCallThere() throws Exception {
    backbone.hangs();
    assertInstanceOf(RetrievalOutcome.Expired.class, ended(asking().within(Duration.ofMillis(20))));
    assertEquals(List.of("next-item"), backbone.cancelled);
  }

  @Test
  void aCallerWhoLeavesEndsTheBackboneCall() throws Exception {
    backbone.hangs();
    var running = pipeline.retrieve(asking().build(), asking().deadline(), caller);
    caller.cancel();
    assertInstanceOf(
        RetrievalOutcome.Cancelled.class,
        running.toCompletionStage().toCompletableFuture().get(10, SECONDS));
    assertEquals(List.of("next-item"), backbone.cancelled);
  }

  @Test
  void eachFailureOfTheBackboneIsAnOutcomeOfItsOwn() throws Exception {
    backbone.ends(new EncodeOutcome.Failed("worker away"));
    assertEquals(new RetrievalOutcome.EncodeFailed("worker away"), ended(asking()));
    backbone.ends(new EncodeOutcome.Expired());
    assertInstanceOf(RetrievalOutcome.Expired.class, ended(asking()));
    backbone.ends(new EncodeOutcome.Cancelled());
    assertInstanceOf(RetrievalOutcome.Cancelled.class, ended(asking()));
    backbone.ends(new EncodeOutcome.Overloaded("queue full"));
    var shed = assertInstanceOf(RetrievalOutcome.Shed.class, ended(asking()));
    assertEquals("queue full", shed.why());
    assertTrue(shed.retryAfter().isPositive());
  }

  @Test
  void aSearchThatBeginsInsideTheReserveHasNoListToGive() throws Exception {
    var open = backbone.hangs();
    var request = asking().engine("exact").build();
    var running = pipeline.retrieve(request, asking().deadline(), caller);
    ticker.pass(Duration.ofSeconds(9).plusMillis(998));
    open.complete(new EncodeOutcome.Encoded(golden(), 0, 0, 1, 1));
    assertInstanceOf(
        RetrievalOutcome.Expired.class,
        running.toCompletionStage().toCompletableFuture().get(10, SECONDS));
  }

  @Test
  void aBrokenPromiseIsAnOutcomeAndNothingOfItLeaves() throws Exception {
    backbone.gives(new QueryVectors(new float[3], 1, 3));
    assertEquals(new RetrievalOutcome.Failed(), ended(asking()));
  }

  private QueryVectors golden() {
    return space.goldenRequests().getFirst().queryVectors();
  }

  private RetrievalOutcome ended(Asking asking) throws Exception {
    return pipeline
        .retrieve(asking.build(), asking.deadline(), caller)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, SECONDS);
  }

  private RetrievalOutcome.Answered answered(Asking asking) throws Exception {
    return assertInstanceOf(RetrievalOutcome.Answered.class, ended(asking));
  }

  private static ObjectiveRetrieval onlyList(RetrievalOutcome.Answered answered) {
    assertEquals(1, answered.retrieval().lists().size());
    return answered.retrieval().lists().getFirst();
  }

  private static List<String> ids(ObjectiveRetrieval list) {
    return list.items().stream().map(RankedItem::id).toList();
  }

  private static ObjectiveRequest next() {
    return next(null);
  }

  private static ObjectiveRequest next(@Nullable String text) {
    return new ObjectiveRequest("next-item", text);
  }

  private static ObjectiveRequest search(@Nullable String text) {
    return new ObjectiveRequest("text-search", text);
  }

  private Asking asking() {
    return new Asking(ticker);
  }
}
