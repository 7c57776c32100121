package io.trawl.serve;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.retrieval.Kernels;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.Uses;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An objective's list holds what its rules let through, whichever engine finds it. */
class ServingRulesTest {

  private static final ObjectiveRequest TAIL = new ObjectiveRequest("next-item", null);
  private static final ObjectiveRequest NEW_CATEGORY = new ObjectiveRequest("text-search", "lamp");

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final FakeBackbone backbone = new FakeBackbone();
  private final ComputePool pool = new ComputePool(2, 64);
  private final Uses uses = new Uses();
  private Space space;
  private RetrievalPipeline pipeline;

  @BeforeEach
  void open(@TempDir Path directory) {
    space = Space.open(TinySpace.in(directory).withRules().write(), Verification.CHECKSUMS);
    pipeline =
        new RetrievalPipeline(
            SearchableSpace.of(space, Kernels.plain()),
            backbone,
            TestParts.of(vertx, pool, ticker),
            uses);
    assertTrue(uses.begin().isPresent());
    backbone.gives(space.goldenRequests().getFirst().queryVectors());
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
    space.close();
  }

  @Test
  void holdsItemsOfTheTailAlone() throws Exception {
    var odd = IntStream.range(0, 12).map(i -> 2 * i + 1).boxed().toList();
    for (var engine : List.of("exact", "explore")) {
      var list = only(asking().objectives(TAIL).engine(engine).k(TinySpace.ITEMS));
      assertEquals(odd, ordinals(list), engine);
      assertEquals("tail_only left out 12 items", list.remarks().rules());
    }
  }

  @Test
  void holdsNothingOfTheCategoriesOfTheHistory() throws Exception {
    // Ordinals 0 and 3 are lamps, 4 is a chair: tea is left.
    var asking = asking().objectives(NEW_CATEGORY).history("i0", "i3", "i4", "gone");
    var tea = IntStream.range(0, 8).map(i -> 3 * i + 2).boxed().toList();
    for (var engine : List.of("exact", "explore")) {
      var list = only(asking.engine(engine).k(TinySpace.ITEMS));
      assertEquals(tea, ordinals(list), engine);
      assertEquals(
          "leave_out_categories_of_history left out 16 items of 2 categories",
          list.remarks().rules());
    }
  }

  @Test
  void leavesAllWhereTheHistoryHasNoCategory() throws Exception {
    var list = only(asking().objectives(NEW_CATEGORY).history("gone").k(TinySpace.ITEMS));
    assertEquals(TinySpace.ITEMS, list.items().size());
  }

  @Test
  void holdTogetherWithFilterAndExclusions() throws Exception {
    var asking =
        asking()
            .objectives(TAIL, NEW_CATEGORY)
            .history("i3")
            .filter(new Filter.Equal("category", new Filter.Text("tea")))
            .exclude("i5")
            .k(TinySpace.ITEMS);
    var lists = lists(asking);
    assertEquals(List.of(11, 17, 23), ordinals(lists.get(0)));
    assertEquals(List.of(2, 8, 11, 14, 17, 20, 23), ordinals(lists.get(1)));
  }

  @Test
  void aSpaceWithoutRulesLeavesNothingOut(@TempDir Path directory) {
    try (var plain = Space.open(TinySpace.write(directory), Verification.CHECKSUMS)) {
      assertEquals(TinySpace.ITEMS, plain.tail().size());
      assertTrue(plain.objectives().stream().allMatch(one -> one.rules().leaveAll()));
    }
  }

  private Asking asking() {
    return new Asking(ticker);
  }

  private ObjectiveRetrieval only(Asking asking) throws Exception {
    return lists(asking).getFirst();
  }

  private List<ObjectiveRetrieval> lists(Asking asking) throws Exception {
    var outcome =
        pipeline
            .retrieve(asking.build(), asking.deadline(), new Cancellation())
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, SECONDS);
    return assertInstanceOf(RetrievalOutcome.Answered.class, outcome).retrieval().lists();
  }

  private static List<Integer> ordinals(ObjectiveRetrieval list) {
    return list.items().stream().map(RankedItem::id).map(TinySpace::ordinal).sorted().toList();
  }
}
