package io.trawl.serve;

import static io.trawl.serve.ServedSpace.answered;
import static io.trawl.serve.ServedSpace.done;
import static io.trawl.serve.ServedSpace.ids;
import static io.trawl.serve.ServedSpace.only;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Behaviour;
import io.trawl.domain.Deadline;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.Merge;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Round;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import io.trawl.domain.Span;
import io.trawl.domain.Violation;
import io.trawl.domain.Why;
import io.trawl.serve.source.Cancellation;
import io.trawl.space.TinySpace;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What lists owe to whoever reads them: full where they can be, true about why, together or alone.
 */
class ListsTest {

  private static final Filter TEA = new Filter.Equal("category", new Filter.Text("tea"));

  @AutoClose private final ServedSpace served;

  ListsTest(@TempDir Path directory) {
    served = new ServedSpace(TinySpace.write(directory));
  }

  // full lists

  @Test
  void fillsUpWhatAnExplorationLeavesShort() {
    var little = served.asking().explore(1, 3, 1).k(TinySpace.ITEMS).explained();
    var list = served.list(little);
    assertEquals(ids(served.list(served.asking().engine("exact").k(TinySpace.ITEMS))), ids(list));
    assertEquals(List.of(), list.degradations());
    assertEquals("explore", list.search().engine());
    assertEquals(TinySpace.ITEMS, list.search().itemsScored());
    assertEquals(2, list.search().rounds());
    assertEquals(
        List.of(3L, TinySpace.ITEMS - 3L), list.trace().stream().map(Round::itemsScored).toList());
    assertTrue(names(served.retrieve(little).spans()).contains("fill"));
    assertEquals(
        Set.of(1, 2),
        new HashSet<>(list.items().stream().map(item -> whyOf(item).round()).toList()));
  }

  @Test
  void returnsEveryEligibleItemUnderAFilterWhicheverEngine() {
    var exact = ids(served.list(served.asking().engine("exact").k(24).filter(TEA)));
    assertTrue(exact.size() > 2);
    for (var seed = 0; seed < 20; seed++) {
      var asked = served.asking().explore(2, 1, 1).k(exact.size()).filter(TEA).seed(seed);
      assertEquals(exact, ids(served.list(asked)));
    }
  }

  @Test
  void scansTheFewThatAFilterLeavesUnlessTheCallerWantsToExplore() {
    assertEquals("exact", served.list(served.asking().filter(TEA)).search().engine());
    assertEquals(
        "explore", served.list(served.asking().filter(TEA).engine("explore")).search().engine());
    assertEquals("explore", served.list(served.asking()).search().engine());
  }

  // why

  @Test
  void saysWhyEachItemIsThereAndWhereTheTimeWent() {
    var plain = served.retrieve(served.asking().explore(3, 4, 2));
    var explained = served.retrieve(served.asking().explore(3, 4, 2).explained());
    assertEquals(ids(only(plain)), ids(only(explained)));
    assertEquals(List.of(), plain.spans());
    assertNull(only(plain).items().getFirst().why());

    var list = only(explained);
    for (var item : list.items()) {
      var why = whyOf(item);
      var parent = why.neighbourOf();
      assertEquals(why.round() > 1, parent != null);
      if (parent != null) {
        var rows =
            served
                .space
                .neighbours()
                .orElseThrow()
                .lists(new int[] {TinySpace.ordinal(parent)}, TinySpace.NEIGHBOURS);
        assertTrue(IntStream.of(rows[0]).anyMatch(o -> o == TinySpace.ordinal(item.id())));
      }
    }
    assertEquals(list.search().rounds(), list.trace().size());
    assertEquals(
        list.search().itemsScored(), list.trace().stream().mapToLong(Round::itemsScored).sum());
    var names = names(explained.spans());
    assertTrue(
        names.containsAll(List.of("prompt", "backbone", "eligible", "search", "queue", "round")),
        names::toString);
    assertEquals(list.search().rounds(), Collections.frequency(names, "round"));
  }

  @Test
  void tellsTheListAfterEachRoundButTheLast() {
    var told = Collections.synchronizedList(new ArrayList<ObjectiveRetrieval>());
    var asked = served.asking().explore(3, 4, 2).k(8);
    var last =
        answered(
            served.pipeline.retrieve(
                asked.build(), asked.deadline(), new Cancellation(), (list, _) -> told.add(list)));
    var rounds = only(last).search().rounds();
    assertTrue(rounds > 1);
    assertEquals(
        IntStream.range(1, rounds).boxed().toList(),
        told.stream().map(list -> list.search().rounds()).toList());
    for (var list : told) {
      var again = served.asking().explore(list.search().rounds(), 4, 2).k(list.items().size());
      assertEquals(ids(served.list(again)), ids(list));
    }
  }

  @Test
  void tellsListsOfOneNameApartByTheirPlace() {
    var told = Collections.synchronizedSet(new HashSet<Integer>());
    var asked =
        served
            .asking()
            .objectives(
                new ObjectiveRequest("next-item", null), new ObjectiveRequest("next-item", null))
            .explore(3, 4, 2);
    answered(
        served.pipeline.retrieve(
            asked.build(), asked.deadline(), new Cancellation(), (_, place) -> told.add(place)));
    assertEquals(Set.of(0, 1), told);
  }

  // several objectives

  @Test
  void mergesTheListsOfSeveralObjectives() {
    var asked =
        served
            .asking()
            .objectives(
                new ObjectiveRequest("next-item", null, 1, 0),
                new ObjectiveRequest("text-search", "tea", 2, 0))
            .merged(Merge.By.RANK)
            .k(6);
    var answer = served.retrieve(asked);
    var merged = Objects.requireNonNull(answer.merged());
    assertEquals(6, merged.items().size());
    // Both objectives got the same query vectors: every item stands at the same place in both.
    assertEquals(ids(answer.lists().getFirst()), merged.items().stream().map(i -> i.id()).toList());
    assertEquals(3.0 / 61, merged.items().getFirst().score(), 1e-9);
    assertEquals("text-search", merged.items().getFirst().objective());
    assertEquals(2, merged.items().getFirst().places().size());
  }

  // unknown items

  @Test
  void refusesUnknownItemsOfTheHistoryWhereTheCallerWantsThat() {
    var id = served.space.catalogue().id(3);
    assertEquals(1, served.list(served.asking().history(id, "gone")).behavioursSkipped());
    var wrong = invalid(served.asking().history(id, "gone", id, "away").failOnMissing());
    assertEquals(
        List.of("user.history[1].item", "user.history[3].item"),
        wrong.stream().map(Violation::field).toList());
    assertTrue(wrong.getFirst().why().contains("'gone'"));
  }

  @Test
  void refusesUnknownActionsWhereTheCallerWantsThat() {
    var history =
        List.of(
            new Behaviour("i3", "click", null),
            new Behaviour("i4", null, null),
            new Behaviour("i5", "borrow", null),
            new Behaviour("gone", "lend", null));
    assertEquals(
        List.of(
            "user.history[2].action: 'borrow' is no action of space tiny@1; expected one of"
                + " purchase, click",
            "user.history[3].item: 'gone' is no item of space tiny@1",
            "user.history[3].action: 'lend' is no action of space tiny@1; expected one of purchase,"
                + " click"),
        invalid(served.asking().history(history).failOnMissing()).stream()
            .map(violation -> violation.field() + ": " + violation.why())
            .toList());
    assertEquals(5, served.list(served.asking().history(history)).items().size());
  }

  // without a backbone

  @Test
  void findsItemsLikeOthersAndNeverThese() {
    var list = only(search(likeness(List.of("i3"), List.of(), OnMissing.FAIL), "exact"));
    var vectors = TinySpace.vectors();
    var expected =
        IntStream.range(0, TinySpace.ITEMS)
            .filter(o -> o != 3)
            .boxed()
            .sorted(Comparator.comparingDouble(o -> -cosine(vectors[3], vectors[o])))
            .limit(5)
            .map(o -> "i" + o)
            .toList();
    assertEquals(expected, ids(list));
    assertEquals(
        cosine(vectors[3], vectors[TinySpace.ordinal(expected.getFirst())]),
        list.items().getFirst().score(),
        1e-5);
    assertEquals(List.of(), served.backbone.asked);
    assertEquals(
        expected, ids(only(search(likeness(List.of("i3"), List.of(), OnMissing.FAIL), "explore"))));
  }

  @Test
  void keepsAwayFromWhatIsUnlike() {
    var near = ids(only(search(likeness(List.of("i3"), List.of(), OnMissing.FAIL), "exact")));
    var away =
        ids(
            only(
                search(
                    likeness(List.of("i3"), List.of(near.getFirst()), OnMissing.FAIL), "exact")));
    assertTrue(!away.contains(near.getFirst()) && !away.equals(near.subList(1, 5)), away::toString);
  }

  @Test
  void skipsOrRefusesUnknownItemsToBeLike() {
    var skipped = search(likeness(List.of("nope", "i3"), List.of("no"), OnMissing.SKIP), "exact");
    assertEquals(List.of("nope", "no"), skipped.skipped());
    assertEquals(
        ids(only(search(likeness(List.of("i3"), List.of(), OnMissing.FAIL), "exact"))),
        ids(only(skipped)));
    assertEquals(
        List.of("items[0]", "unlike[0]"),
        fields(likeness(List.of("nope", "i3"), List.of("no"), OnMissing.FAIL)));
    assertEquals(List.of("items"), fields(likeness(List.of("nope"), List.of(), OnMissing.SKIP)));
    assertEquals(List.of("unlike"), fields(likeness(List.of("i3"), List.of("i3"), OnMissing.FAIL)));
  }

  @Test
  void searchesWithTheCallersOwnQueryVectors() {
    var golden = served.space.goldenRequests().getFirst();
    var rows = new ArrayList<float[]>();
    for (var q = 0; q < TinySpace.QUERY_VECTORS; q++) {
      rows.add(
          Arrays.copyOfRange(
              golden.queryVectors().values(),
              q * TinySpace.VECTOR_WIDTH,
              (q + 1) * TinySpace.VECTOR_WIDTH));
    }
    assertEquals(
        ids(served.list(served.asking().engine("exact"))),
        ids(only(search(new By.Vectors(rows), "exact"))));
    rows.set(1, new float[3]);
    assertEquals(List.of("query_vectors[1].values"), fields(new By.Vectors(rows)));
  }

  // batches

  @Test
  void answersABatchAsEachWouldBeAnsweredAlone() {
    var askings =
        IntStream.range(0, 12)
            .mapToObj(
                i ->
                    i % 2 == 0
                        ? served.asking().explore(3, 4, 2).seed(i)
                        : served.asking().engine("exact"))
            .toList();
    var alone = askings.stream().map(one -> ids(served.list(one))).toList();
    var batch =
        served.pipeline.batch(
            Deadline.after(Duration.ofSeconds(10), served.ticker),
            served.uses.begin().orElseThrow());
    var running =
        askings.stream()
            .map(one -> batch.retrieve(one.build(), one.deadline(), new Cancellation()))
            .toList();
    assertEquals(alone, running.stream().map(one -> ids(only(answered(one)))).toList());
    assertTrue(batch.neighboursFetched() > 0);
    assertTrue(batch.neighboursFetched() < batch.neighboursAsked());
  }

  @Test
  void oneFailedRequestOfABatchFailsNoOther() {
    var batch =
        served.pipeline.batch(
            Deadline.after(Duration.ofSeconds(10), served.ticker),
            served.uses.begin().orElseThrow());
    var wrong = served.asking().engine("milvus");
    var late = served.asking().within(Duration.ZERO);
    var good = served.asking();
    var endings =
        List.of(wrong, late, good).stream()
            .map(one -> batch.retrieve(one.build(), one.deadline(), new Cancellation()))
            .map(ServedSpace::done)
            .toList();
    assertInstanceOf(RetrievalOutcome.Invalid.class, endings.get(0));
    assertInstanceOf(RetrievalOutcome.Expired.class, endings.get(1));
    assertInstanceOf(RetrievalOutcome.Answered.class, endings.get(2));
  }

  private List<Violation> invalid(Asking asked) {
    return assertInstanceOf(RetrievalOutcome.Invalid.class, served.ended(asked)).violations();
  }

  private static By likeness(List<String> items, List<String> unlike, OnMissing onMissing) {
    return new By.Likeness(items, unlike, onMissing);
  }

  private Future<RetrievalOutcome> running(By by, String engine) {
    var query =
        new SearchQuery(
            "s1",
            by,
            5,
            null,
            Set.of(),
            new EngineRequest(EngineName.of(engine).orElseThrow(), 4, 6, 6, 4, 9L),
            false);
    return served.pipeline.search(
        query, Deadline.after(Duration.ofSeconds(10), served.ticker), new Cancellation());
  }

  private Retrieval search(By by, String engine) {
    return answered(running(by, engine));
  }

  private List<String> fields(By by) {
    return assertInstanceOf(RetrievalOutcome.Invalid.class, done(running(by, "exact")))
        .violations()
        .stream()
        .map(Violation::field)
        .toList();
  }

  private static List<String> names(List<Span> spans) {
    return spans.stream().map(Span::name).toList();
  }

  private static Why.Found whyOf(RankedItem item) {
    return Objects.requireNonNull(Objects.requireNonNull(item.why()).found());
  }

  private static double cosine(float[] a, float[] b) {
    var product = 0.0;
    var lengthA = 0.0;
    var lengthB = 0.0;
    for (var d = 0; d < a.length; d++) {
      product += (double) a[d] * b[d];
      lengthA += (double) a[d] * a[d];
      lengthB += (double) b[d] * b[d];
    }
    return product / Math.sqrt(lengthA * lengthB);
  }
}
