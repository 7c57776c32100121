package io.trawl.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Filter;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An objective's list holds what its rules let through, whichever engine finds it. */
class ServingRulesTest {

  private static final ObjectiveRequest TAIL = new ObjectiveRequest("next-item", null);
  private static final ObjectiveRequest NEW_CATEGORY = new ObjectiveRequest("text-search", "lamp");

  @AutoClose private final ServedSpace served;

  ServingRulesTest(@TempDir Path directory) {
    served = new ServedSpace(TinySpace.in(directory).withRules().write());
  }

  @Test
  void holdsItemsOfTheTailAlone() {
    var odd = IntStream.range(0, 12).map(i -> 2 * i + 1).boxed().toList();
    for (var engine : List.of("exact", "explore")) {
      var list = served.list(served.asking(TAIL).engine(engine).k(TinySpace.ITEMS));
      assertEquals(odd, inOrder(list), engine);
      assertEquals("tail_only left out 12 items", list.remarks().rules());
    }
  }

  @Test
  void holdsNothingOfTheCategoriesOfTheHistory() {
    // Ordinals 0 and 3 are lamps, 4 is a chair: tea is left.
    var asking = served.asking(NEW_CATEGORY).history("i0", "i3", "i4", "gone");
    var tea = IntStream.range(0, 8).map(i -> 3 * i + 2).boxed().toList();
    for (var engine : List.of("exact", "explore")) {
      var list = served.list(asking.engine(engine).k(TinySpace.ITEMS));
      assertEquals(tea, inOrder(list), engine);
      assertEquals(
          "leave_out_categories_of_history left out 16 items of 2 categories",
          list.remarks().rules());
    }
  }

  @Test
  void leavesAllWhereTheHistoryHasNoCategory() {
    var list = served.list(served.asking(NEW_CATEGORY).history("gone").k(TinySpace.ITEMS));
    assertEquals(TinySpace.ITEMS, list.items().size());
  }

  @Test
  void holdTogetherWithFilterAndExclusions() {
    var asking =
        served
            .asking(TAIL, NEW_CATEGORY)
            .history("i3")
            .filter(new Filter.Equal("category", new Filter.Text("tea")))
            .exclude("i5")
            .k(TinySpace.ITEMS);
    var lists = served.retrieve(asking).lists();
    assertEquals(List.of(11, 17, 23), inOrder(lists.get(0)));
    assertEquals(List.of(2, 8, 11, 14, 17, 20, 23), inOrder(lists.get(1)));
  }

  @Test
  void aSpaceWithoutRulesLeavesNothingOut(@TempDir Path directory) {
    try (var plain = Space.open(TinySpace.write(directory), Verification.CHECKSUMS)) {
      assertEquals(TinySpace.ITEMS, plain.tail().size());
      assertTrue(plain.objectives().stream().allMatch(one -> one.rules().leaveAll()));
    }
  }

  private static List<Integer> inOrder(ObjectiveRetrieval list) {
    return ServedSpace.ordinals(list).stream().sorted().toList();
  }
}
