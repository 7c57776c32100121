package io.trawl.serve;

import static io.trawl.serve.ServedSpace.answered;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.trawl.domain.Degradation;
import io.trawl.domain.Leg;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.LexicalSource;
import io.trawl.serve.source.SpaceSources;
import io.trawl.space.TinySpace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every list of an objective that the backbone was not trained on says so, and no other does. */
class ExtrapolatedTest {

  private static final ObjectiveRequest TRAINED = new ObjectiveRequest("next-item", null);
  private static final ObjectiveRequest OWN = new ObjectiveRequest("gift-ideas", null);
  private static final ObjectiveRequest SEARCH = new ObjectiveRequest("gift-search", "lamp");

  private static final Degradation LABEL =
      new Degradation(
          Degradation.Kind.EXTRAPOLATED,
          "the backbone was not trained on the objective gift-ideas");

  @AutoClose private final ServedSpace served;

  ExtrapolatedTest(@TempDir Path directory) {
    served =
        new ServedSpace(
            TinySpace.in(directory)
                .withLexical("words", Map.of("index", new byte[] {1}))
                .withOwnObjectives()
                .write(),
            SpaceSources.none()
                .withLexical(
                    (_, _, _, _) -> new LexicalSource.Found(new int[] {3}, new float[] {1})));
  }

  @Test
  void itsListSaysSoAndThatBesideItDoesNot() {
    for (var engine : List.of("exact", "explore")) {
      var lists = served.retrieve(served.asking(TRAINED, OWN, TRAINED).engine(engine).k(5)).lists();
      assertEquals(
          List.of(List.of(), List.of(LABEL), List.of()),
          lists.stream().map(ObjectiveRetrieval::degradations).toList(),
          engine);
    }
  }

  @Test
  void itIsSaidBesideWhatElseIsLeftOut() {
    assertEquals(
        List.of(Degradation.Kind.EXTRAPOLATED, Degradation.Kind.FEWER_THAN_K),
        kinds(served.list(served.asking(OWN).k(TinySpace.ITEMS + 1))));
  }

  @Test
  void soDoListsOfEachLegAndOfBoth() {
    var legs = new ObjectiveRequest[] {SEARCH, by(Leg.DENSE), by(Leg.LEXICAL)};
    for (var list : served.retrieve(served.asking(legs).k(1)).lists()) {
      assertEquals(List.of(Degradation.Kind.EXTRAPOLATED), kinds(list));
    }
  }

  @Test
  void soDoListsOnTheWay() {
    var told = new CopyOnWriteArrayList<ObjectiveRetrieval>();
    var asking = served.asking(OWN).explore(3, 4, 2).k(8);
    answered(
        served.pipeline.retrieve(
            asking.build(), asking.deadline(), new Cancellation(), (list, _) -> told.add(list)));
    assertFalse(told.isEmpty());
    told.forEach(list -> assertEquals(List.of(LABEL), list.degradations()));
  }

  private static ObjectiveRequest by(Leg leg) {
    return new ObjectiveRequest(SEARCH.name(), SEARCH.text(), 1, 0, leg);
  }

  private static List<Degradation.Kind> kinds(ObjectiveRetrieval list) {
    return list.degradations().stream().map(Degradation::kind).toList();
  }
}
