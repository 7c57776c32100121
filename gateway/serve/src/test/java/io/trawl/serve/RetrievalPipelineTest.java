package io.trawl.serve;

import static io.trawl.serve.ServedSpace.done;
import static io.trawl.serve.ServedSpace.ids;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Degradation;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Stage;
import io.trawl.domain.Violation;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.space.TinySpace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise of the whole gateway: every request ends as exactly one outcome, in time, with
 * nothing left running behind it, and says truly how it came about.
 */
class RetrievalPipelineTest {

  @AutoClose private final ServedSpace served;
  private final Cancellation caller = new Cancellation();

  RetrievalPipelineTest(@TempDir Path directory) {
    served = new ServedSpace(TinySpace.write(directory));
  }

  @Test
  void answersWithTheExactTopForTheBackbonesVectors() {
    var list = served.list(served.asking().engine("exact"));
    var golden = served.space.goldenRequests().getFirst();
    assertEquals(
        served.space.catalogue().id(golden.top().ordinals()[0]), list.items().getFirst().id());
    assertEquals(golden.top().scores()[0], list.items().getFirst().score(), 1e-4f);
    assertEquals("exact", list.search().engine());
    assertEquals(TinySpace.ITEMS, list.search().itemsScored());
    assertEquals(1, list.behavioursSkipped());
    assertEquals(List.of(), list.degradations());
  }

  @Test
  void exploresByDefaultAndSaysBySeed() {
    var list = served.list(served.asking());
    assertEquals("explore", list.search().engine());
    assertEquals(TestParts.SEED, list.search().seed());
    assertEquals(5, served.list(served.asking().seed(5)).search().seed());
  }

  @Test
  void whatARequestCostsFollowsItsListsItsQueryVectorsAndItsFilter() {
    var usual = EngineRequest.defaults();
    var lamps = new Filter.Equal("category", new Filter.Text("lamp"));
    assertEquals(1, served.pipeline.cost(new Retriever.Asked(usual, 0, 0, null)));
    assertEquals(3, served.pipeline.cost(new Retriever.Asked(usual, 3, 0, null)));
    assertEquals(1, served.pipeline.cost(new Retriever.Asked(usual, 1, 1, null)));
    var many = 100 * TinySpace.QUERY_VECTORS;
    assertEquals(100, served.pipeline.cost(new Retriever.Asked(usual, 1, many, null)));
    var conditions = new Filter.All(List.of(lamps, new Filter.Not(lamps), lamps));
    var unfiltered = served.pipeline.cost(new Retriever.Asked(usual, 3, 0, null));
    var one = served.pipeline.cost(new Retriever.Asked(usual, 3, 0, lamps)) - unfiltered;
    assertTrue(one > 0, "a filter looks at every item");
    var three = served.pipeline.cost(new Retriever.Asked(usual, 3, 0, conditions)) - unfiltered;
    assertEquals(3 * one, three, 1e-9);
  }

  @Test
  void reportsEveryStage() {
    assertEquals(Set.of(Stage.values()), served.retrieve(served.asking()).stageNanos().keySet());
  }

  @Test
  void leavesOutHistoryAndExclusions() {
    var best = ids(served.list(served.asking().engine("exact")));
    var rest =
        ids(
            served.list(
                served
                    .asking()
                    .engine("exact")
                    .history(best.get(0))
                    .excludeHistory()
                    .exclude(best.get(1), "no such item")));
    assertEquals(best.subList(2, 4), rest.subList(0, 2));
  }

  @Test
  void filtersInsideTheSearchAndSaysWhenItemsRunOut() {
    var lamps = new Filter.Equal("category", new Filter.Text("lamp"));
    var list = served.list(served.asking().engine("exact").k(TinySpace.ITEMS).filter(lamps));
    assertFalse(list.items().isEmpty());
    var serving = SearchableSpace.of(served.space, Kernels.plain());
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
  void answersObjectivesInTheOrderAsked() {
    var lists = served.retrieve(served.asking().objectives(search("tea"), next())).lists();
    assertEquals(
        List.of("text-search", "next-item"),
        lists.stream().map(ObjectiveRetrieval::objective).toList());
  }

  @Test
  void namesEveryFieldThatDoesNotFitTheSpace() {
    var wrong =
        assertInstanceOf(
            RetrievalOutcome.Invalid.class,
            served.ended(
                served
                    .asking()
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
    assertEquals(List.of(), served.backbone.asked);
  }

  @Test
  void anExpiredDeadlineIsAnsweredAtOnceWithoutTheBackbone() {
    assertInstanceOf(
        RetrievalOutcome.Expired.class, served.ended(served.asking().within(Duration.ZERO)));
    assertEquals(List.of(), served.backbone.asked);
  }

  @Test
  void aDeadlineThatPassesInTheBackboneEndsTheCallThere() {
    served.backbone.hangs();
    assertInstanceOf(
        RetrievalOutcome.Expired.class,
        served.ended(served.asking().within(Duration.ofMillis(20))));
    assertEquals(List.of("next-item"), served.backbone.cancelled);
  }

  @Test
  void aCallerWhoLeavesEndsTheBackboneCall() {
    served.backbone.hangs();
    var running = served.begun(served.asking(), caller);
    caller.cancel();
    assertInstanceOf(RetrievalOutcome.Cancelled.class, done(running));
    assertEquals(List.of("next-item"), served.backbone.cancelled);
  }

  @Test
  void eachFailureOfTheBackboneIsAnOutcomeOfItsOwn() {
    served.backbone.ends(new EncodeOutcome.Failed("worker away"));
    assertEquals(new RetrievalOutcome.EncodeFailed("worker away"), served.ended(served.asking()));
    served.backbone.ends(new EncodeOutcome.Expired());
    assertInstanceOf(RetrievalOutcome.Expired.class, served.ended(served.asking()));
    served.backbone.ends(new EncodeOutcome.Cancelled());
    assertInstanceOf(RetrievalOutcome.Cancelled.class, served.ended(served.asking()));
    served.backbone.ends(new EncodeOutcome.Overloaded("queue full"));
    var shed = assertInstanceOf(RetrievalOutcome.Shed.class, served.ended(served.asking()));
    assertEquals("queue full", shed.why());
    assertTrue(shed.retryAfter().isPositive());
  }

  @Test
  void aSearchThatBeginsInsideTheReserveHasNoListToGive() {
    var open = served.backbone.hangs();
    var running = served.begun(served.asking().engine("exact"), caller);
    served.ticker.pass(Duration.ofSeconds(9).plusMillis(998));
    open.complete(new EncodeOutcome.Encoded(golden(), 0, 0, 1, 1));
    assertInstanceOf(RetrievalOutcome.Expired.class, done(running));
  }

  @Test
  void aBrokenPromiseIsAnOutcomeAndNothingOfItLeaves() {
    served.backbone.gives(new QueryVectors(new float[3], 1, 3));
    assertEquals(new RetrievalOutcome.Failed(), served.ended(served.asking()));
  }

  private QueryVectors golden() {
    return served.space.goldenRequests().getFirst().queryVectors();
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
}
