package io.trawl.workers.wire;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.trawl.workers.wire.Places.Place;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Nobody holds all places, however early he came. */
@NullMarked
final class PlacesTest {
  private final Places places = new Places(5, 3);
  private final List<String> dropped = new ArrayList<>();

  private @Nullable Place take(String caller, String name) {
    return places.take(caller, () -> dropped.add(name));
  }

  @Test
  void aCallerHasItsOwnBoundAndALeavingGivesBackOnce() {
    Place first = take("a", "a1");
    assertNotNull(take("a", "a2"));
    assertNotNull(take("a", "a3"));
    assertNull(take("a", "a4"));
    requireNonNull(first).leave();
    first.leave();
    assertNotNull(take("a", "a5"));
    assertNull(take("a", "a6"));
    assertEquals(List.of(), dropped);
  }

  @Test
  void whoHasFewerTakesTheOldestOfWhoHasMost() {
    take("a", "a1");
    take("a", "a2");
    take("a", "a3");
    take("b", "b1");
    take("b", "b2");
    assertNotNull(take("c", "c1"));
    assertEquals(List.of("a1"), dropped);
    // One of two callers has two, and the other: each has more than the one who asks.
    assertNotNull(take("c", "c2"));
    assertEquals(2, dropped.size());
    assertNull(take("c", "c3"), "nobody has more");
  }

  @Test
  void whoHasAsManyAsAnyTakesNothing() {
    var two = new Places(2, 2);
    assertNotNull(two.take("a", () -> dropped.add("a")));
    assertNotNull(two.take("b", () -> dropped.add("b")));
    assertNull(two.take("b", () -> {}));
    assertEquals(List.of(), dropped);
  }

  @Test
  void whatWasDroppedGivesNothingBack() {
    Place first = take("a", "a1");
    take("a", "a2");
    take("a", "a3");
    take("b", "b1");
    take("b", "b2");
    take("c", "c1");
    requireNonNull(first).leave();
    // All are taken still: the next takes one more of another.
    assertNotNull(take("d", "d1"));
    assertEquals(2, dropped.size());
  }
}
