package io.trawl.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.domain.Degradation;
import io.trawl.domain.Merge;
import io.trawl.domain.MergedItem;
import io.trawl.domain.MergedList;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One list out of several: the best of each, with the places that were promised. */
class ListMergeTest {

  private static final ObjectiveRequest CLICK = new ObjectiveRequest("click", null);
  private static final ObjectiveRequest BUY = new ObjectiveRequest("buy", null);

  @Test
  void anItemOfTwoListsBeatsABetterPlaceInOne() {
    var merged =
        ListMerge.merge(
            new Merge(Merge.By.RANK),
            List.of(CLICK, BUY),
            List.of(list("click", "a", "b", "c"), list("buy", "d", "b", "e")),
            3);
    assertEquals(List.of("b", "a", "d"), ids(merged));
    assertEquals(2.0 / 62, merged.items().getFirst().score(), 1e-12);
    assertEquals(List.of("click", "click", "buy"), objectives(merged));
    assertEquals(
        List.of(2, 2),
        merged.items().getFirst().places().stream().map(MergedItem.Place::place).toList());
  }

  @Test
  void weightsDecideWhoseItemsComeFirst() {
    var heavy = new ObjectiveRequest("buy", null, 10, 0);
    var merged =
        ListMerge.merge(
            new Merge(Merge.By.RANK),
            List.of(CLICK, heavy),
            List.of(list("click", "a", "b"), list("buy", "c", "d")),
            4);
    assertEquals(List.of("c", "d", "a", "b"), ids(merged));
  }

  @Test
  void scoresDecideWhereTheyMeanTheSame() {
    var merged =
        ListMerge.merge(
            new Merge(Merge.By.SCORE),
            List.of(CLICK, new ObjectiveRequest("buy", null, 0.5, 0)),
            List.of(
                scored("click", new Scored("a", 1f), new Scored("b", -2f)),
                scored("buy", new Scored("c", 3f), new Scored("b", 0.5f))),
            3);
    assertEquals(List.of("c", "a", "b"), ids(merged));
    assertEquals(0.25, merged.items().getLast().score(), 1e-9);
    assertEquals(List.of("buy", "click", "buy"), objectives(merged));
  }

  @Test
  void keepsThePlacesThatWerePromised() {
    var merged =
        ListMerge.merge(
            new Merge(Merge.By.RANK),
            List.of(
                new ObjectiveRequest("click", null, 100, 0),
                new ObjectiveRequest("buy", null, 1, 2)),
            List.of(list("click", "a", "b", "c", "d"), list("buy", "x", "y", "z")),
            4);
    assertEquals(List.of("a", "b", "x", "y"), ids(merged));
    assertEquals(List.of("click", "click", "buy", "buy"), objectives(merged));
  }

  @Test
  void anItemKeptByOneObjectiveTakesNoPlaceOfAnother() {
    var merged =
        ListMerge.merge(
            new Merge(Merge.By.RANK),
            List.of(
                new ObjectiveRequest("click", null, 1, 1), new ObjectiveRequest("buy", null, 1, 1)),
            List.of(list("click", "a", "b"), list("buy", "a", "c")),
            2);
    assertEquals(List.of("a", "c"), ids(merged));
    assertEquals(List.of("click", "buy"), objectives(merged));
  }

  @Test
  void saysWhenTheListsHoldFewerThanAsked() {
    var merged =
        ListMerge.merge(
            new Merge(Merge.By.RANK),
            List.of(CLICK, BUY),
            List.of(list("click", "a"), list("buy", "a")),
            3);
    assertEquals(
        List.of(Degradation.Kind.FEWER_THAN_K),
        merged.degradations().stream().map(Degradation::kind).toList());
  }

  private record Scored(String id, float score) {}

  private static ObjectiveRetrieval list(String objective, String... ids) {
    var items = new Scored[ids.length];
    for (var i = 0; i < ids.length; i++) {
      items[i] = new Scored(ids[i], 10 - i);
    }
    return scored(objective, items);
  }

  private static ObjectiveRetrieval scored(String objective, Scored... items) {
    var ranked = new ArrayList<RankedItem>();
    for (var item : items) {
      ranked.add(new RankedItem(item.id(), "", item.score()));
    }
    return new ObjectiveRetrieval(
        objective,
        ranked,
        new ObjectiveRetrieval.Search("exact", 0, 1, 9, 9),
        0,
        List.of(),
        List.of(),
        ObjectiveRetrieval.Remarks.NONE);
  }

  private static List<String> ids(MergedList merged) {
    return merged.items().stream().map(MergedItem::id).toList();
  }

  private static List<String> objectives(MergedList merged) {
    return merged.items().stream().map(MergedItem::objective).toList();
  }
}
