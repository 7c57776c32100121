package io.trawl.serve;

import static io.trawl.serve.ServedSpace.answered;
import static io.trawl.serve.ServedSpace.done;
import static io.trawl.serve.ServedSpace.ordinals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Degradation;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.Leg;
import io.trawl.domain.Merge;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Span;
import io.trawl.domain.Violation;
import io.trawl.domain.Why;
import io.trawl.retrieval.ItemSet;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.LexicalSource;
import io.trawl.serve.source.SourceFailed;
import io.trawl.serve.source.SpaceSources;
import io.trawl.space.TinySpace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A list with a lexical leg is fused of both, says so, and is the dense leg's where the other
 * fails.
 */
class LexicalLegTest {

  private static final ObjectiveRequest SEARCH = new ObjectiveRequest("text-search", "red lamp");
  private static final ObjectiveRequest BY_VECTORS = by(Leg.DENSE);
  private static final ObjectiveRequest BY_WORDS = by(Leg.LEXICAL);
  private static final int[] WORDS = {21, 3, 7, 12, 0};
  private static final float[] SCORES = {5, 4, 3, 2, 1};

  @AutoClose private final ServedSpace served;
  private final Cancellation caller = new Cancellation();

  private volatile @Nullable ItemSet eligible;
  private volatile LexicalSource words =
      (_, _, may, _) -> {
        var kept = IntStream.range(0, WORDS.length).filter(i -> may.contains(WORDS[i])).toArray();
        var scores = new float[kept.length];
        for (var i = 0; i < kept.length; i++) {
          scores[i] = SCORES[kept[i]];
        }
        return new LexicalSource.Found(IntStream.of(kept).map(i -> WORDS[i]).toArray(), scores);
      };

  LexicalLegTest(@TempDir Path directory) {
    var index = Map.of("index", new byte[] {1});
    served =
        new ServedSpace(
            TinySpace.in(directory).withLexical("words", index).write(),
            SpaceSources.none().withLexical(this::find));
  }

  private LexicalSource.Found find(String text, int limit, ItemSet may, BooleanSupplier stop) {
    assertEquals("red lamp", text);
    assertEquals(LexicalLeg.DEPTH, limit);
    eligible = may;
    return words.find(text, limit, may, stop);
  }

  // both legs

  @Test
  void fusesBothLegsByReciprocalRank() {
    var dense = ordinals(served.list(served.asking(BY_VECTORS).engine("exact").k(TinySpace.ITEMS)));
    var expected = fused(dense, IntStream.of(WORDS).boxed().toList());
    for (var k : List.of(1, 5, TinySpace.ITEMS)) {
      var list = served.list(served.asking(SEARCH).engine("exact").k(k));
      assertEquals(expected.subList(0, k), ordinals(list));
      assertEquals(List.of(Leg.DENSE, Leg.LEXICAL), list.remarks().legs());
      assertEquals(List.of(), list.degradations());
    }
    var first = served.list(served.asking(SEARCH).engine("exact").k(1)).items().getFirst();
    assertEquals(
        worth(dense, first) + worth(IntStream.of(WORDS).boxed().toList(), first),
        first.score(),
        1e-7);
  }

  @Test
  void saysWhereEachItemStoodInEitherLeg() {
    var dense = served.list(served.asking(BY_VECTORS).engine("exact").k(TinySpace.ITEMS));
    var list = served.list(served.asking(SEARCH).engine("exact").k(TinySpace.ITEMS).explained());
    for (var item : list.items()) {
      var why = Objects.requireNonNull(item.why());
      var legs = Objects.requireNonNull(why.legs());
      var place = ordinals(dense).indexOf(TinySpace.ordinal(item.id()));
      assertEquals(new Why.At(place + 1, dense.items().get(place).score()), legs.dense());
      assertTrue(Objects.requireNonNull(why.found()).queryVector() >= 0);
      var word = IntStream.of(WORDS).boxed().toList().indexOf(TinySpace.ordinal(item.id()));
      assertEquals(word < 0 ? null : new Why.At(word + 1, SCORES[word]), legs.lexical());
    }
  }

  @Test
  void saysOfAnItemThatWordsAloneFoundThatTheyDid() {
    // An exploration of one round over three items meets few; the list is full without a scan.
    var asking = served.asking(SEARCH).explore(1, 3, 1).k(3).explained();
    var alone =
        served.list(asking).items().stream()
            .map(item -> Objects.requireNonNull(item.why()))
            .filter(why -> why.found() == null)
            .toList();
    assertFalse(alone.isEmpty());
    for (var why : alone) {
      assertNull(Objects.requireNonNull(why.legs()).dense());
      assertTrue(Objects.requireNonNull(why.legs()).lexical() != null);
    }
    var names = served.retrieve(asking).spans().stream().map(Span::name).toList();
    assertTrue(names.contains("lexical"), names::toString);
  }

  @Test
  void holdsFilterExclusionsAndHistoryInBothLegs() {
    var lamps = new Filter.Equal("category", new Filter.Text("lamp"));
    var asking =
        served
            .asking(SEARCH)
            .filter(lamps)
            .exclude("i21", "gone")
            .history("i3", "i4")
            .excludeHistory()
            .k(TinySpace.ITEMS);
    var expected = Set.of(0, 6, 9, 12, 15, 18);
    assertEquals(expected, new TreeSet<>(ordinals(served.list(asking))));
    var asked = Objects.requireNonNull(eligible);
    assertEquals(
        expected,
        new TreeSet<>(
            IntStream.range(0, TinySpace.ITEMS).filter(asked::contains).boxed().toList()));
  }

  @Test
  void tellsFusedListsOnTheWay() {
    var told = Collections.synchronizedList(new ArrayList<ObjectiveRetrieval>());
    var asking = served.asking(SEARCH).explore(3, 4, 2).k(8);
    var last =
        answered(
            served.pipeline.retrieve(
                asking.build(), asking.deadline(), caller, (list, _) -> told.add(list)));
    assertFalse(told.isEmpty());
    for (var list : told) {
      assertTrue(list.items().getFirst().score() <= 2f / 61, "no scale of its own");
      assertTrue(list.remarks().legs().contains(Leg.DENSE));
    }
    assertEquals(List.of(Leg.DENSE, Leg.LEXICAL), last.lists().getFirst().remarks().legs());
  }

  @Test
  void mergesAFusedListWithOthers() {
    var asking =
        served.asking(SEARCH, new ObjectiveRequest("next-item", null)).merged(Merge.By.RANK).k(4);
    var answer = served.retrieve(asking);
    assertEquals(4, Objects.requireNonNull(answer.merged()).items().size());
    assertEquals(List.of(), answer.lists().get(1).remarks().legs());
  }

  // one leg

  @Test
  void asksNoWordsWhereNobodyWantsThat() {
    words = (_, _, _, _) -> fail();
    var plain = served.list(served.asking(BY_VECTORS));
    assertEquals(List.of(), plain.degradations());
    assertEquals(List.of(), plain.remarks().legs());
    assertEquals(
        List.of(),
        served.list(served.asking(new ObjectiveRequest("next-item", null))).degradations());
  }

  @Test
  void makesAListOfWordsAloneWithoutABackbone() {
    served.backbone.breaks = Optional.of(new IllegalStateException("asked"));
    var list = served.list(served.asking(BY_WORDS).k(3).explained());
    assertEquals(List.of(21, 3, 7), ordinals(list));
    assertEquals(List.of(5f, 4f, 3f), list.items().stream().map(RankedItem::score).toList());
    assertEquals(List.of(Leg.LEXICAL), list.remarks().legs());
    assertEquals("lexical", list.search().engine());
    assertEquals(
        new Why(null, new Why.Legs(null, new Why.At(1, 5))), list.items().getFirst().why());
    assertEquals(
        List.of(Degradation.Kind.FEWER_THAN_K),
        served.list(served.asking(BY_WORDS).k(9)).degradations().stream()
            .map(Degradation::kind)
            .toList());
  }

  @Test
  void refusesWordsAloneWhereThereAreNone() {
    var asked = new ObjectiveRequest("next-item", null, 1, 0, Leg.LEXICAL);
    var refused =
        assertInstanceOf(
            RetrievalOutcome.Invalid.class, served.ended(served.asking(SEARCH, asked)));
    assertEquals(
        List.of(
            new Violation(
                "objectives[1].legs",
                "is 'lexical'; expected none or 'dense', since objective 'next-item' has no lexical"
                    + " leg here")),
        refused.violations());
  }

  @Test
  void failsWhereWordsAloneWereWantedAndFail() {
    words = (_, _, _, _) -> fail();
    assertEquals(
        new RetrievalOutcome.SearchFailed("the text's words were not looked for: it is broken"),
        served.ended(served.asking(BY_WORDS)));
  }

  // failures

  @Test
  void answersByVectorsWhereWordsFail() {
    var dense = ordinals(served.list(served.asking(BY_VECTORS).engine("exact")));
    for (LexicalSource broken :
        List.<LexicalSource>of(
            (_, _, _, _) -> fail(),
            (_, _, _, _) -> {
              throw new IllegalStateException("a bug");
            })) {
      words = broken;
      var list = served.list(served.asking(SEARCH).engine("exact"));
      assertEquals(dense, ordinals(list));
      assertEquals(1f / 61, list.items().getFirst().score());
      assertEquals(List.of(Leg.DENSE), list.remarks().legs());
      assertEquals(
          List.of(Degradation.Kind.WITHOUT_LEXICAL),
          list.degradations().stream().map(Degradation::kind).toList());
    }
  }

  @Test
  void aBrokenPromiseEndsTheRequest() {
    words =
        (_, _, _, _) -> {
          throw new AssertionError("a broken promise");
        };
    assertEquals(new RetrievalOutcome.Failed(), served.ended(served.asking(SEARCH)));
  }

  @Test
  void aFaultOfTheFilesTakesTheSpaceOutOfService() {
    words =
        (_, _, _, _) -> {
          throw new InternalError("a fault occurred in an unsafe memory access operation");
        };
    var out = new RetrievalOutcome.SearchFailed(Soundness.OUT_OF_SERVICE);
    assertEquals(out, served.ended(served.asking(SEARCH)));
    assertEquals(out, served.ended(served.asking(BY_VECTORS)));
  }

  @Test
  void wordsAreLookedForUntilTheAnswerMustLeave() {
    var asked = Collections.synchronizedList(new ArrayList<Boolean>());
    words =
        (_, _, _, stop) -> {
          asked.add(stop.getAsBoolean());
          served.ticker.pass(Duration.ofMillis(9_996));
          asked.add(stop.getAsBoolean());
          served.ticker.pass(Duration.ofMillis(1));
          asked.add(stop.getAsBoolean());
          throw new SourceFailed("it took too long");
        };
    assertEquals(new RetrievalOutcome.Expired("search"), served.ended(served.asking(BY_WORDS)));
    assertEquals(List.of(false, false, true), asked);
  }

  @Test
  void nobodyLooksForWordsOnceTheCallerHasLeft() throws Exception {
    var begun = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    words =
        (_, _, _, stop) -> {
          begun.countDown();
          while (!stop.getAsBoolean()) {
            Thread.onSpinWait();
          }
          over.countDown();
          throw new SourceFailed("it took too long");
        };
    var asking = served.asking(SEARCH);
    var running = served.begun(asking, caller);
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    caller.cancel();
    assertEquals(new RetrievalOutcome.Cancelled(), done(running));
    assertTrue(over.await(10, TimeUnit.SECONDS));
  }

  @Test
  void aTextHasAPrice() {
    var usual = EngineRequest.defaults();
    assertEquals(2, served.pipeline.cost(new Retriever.Asked(usual, 2, 0, 0, null)));
    assertEquals(3, served.pipeline.cost(new Retriever.Asked(usual, 2, 0, 1, null)));
  }

  private static LexicalSource.Found fail() {
    throw new SourceFailed("it is broken", "it is broken inside");
  }

  private static ObjectiveRequest by(Leg leg) {
    return new ObjectiveRequest("text-search", "red lamp", 1, 0, leg);
  }

  private static List<Integer> fused(List<Integer> dense, List<Integer> lexical) {
    return IntStream.range(0, TinySpace.ITEMS)
        .boxed()
        .sorted(
            Comparator.comparingDouble((Integer o) -> -worth(dense, o) - worth(lexical, o))
                .thenComparing(o -> o))
        .toList();
  }

  private static double worth(List<Integer> list, RankedItem item) {
    return worth(list, TinySpace.ordinal(item.id()));
  }

  private static double worth(List<Integer> list, int ordinal) {
    var index = list.indexOf(ordinal);
    return index < 0 ? 0 : 1.0 / (60 + index + 1);
  }
}
