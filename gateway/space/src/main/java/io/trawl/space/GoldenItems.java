package io.trawl.space;

import io.trawl.space.catalogue.Catalogue;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What the catalogue says of the top items of the golden requests, kept as it was when the space
 * was opened and can be held against what it says later.
 */
public final class GoldenItems {

  private record Entry(String id, String title) {}

  private final Catalogue catalogue;
  private final Map<Integer, Entry> entries = new HashMap<>();

  private GoldenItems(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  /** Remembers those of a space that was just opened. */
  public static GoldenItems of(Space space) {
    var items = new GoldenItems(space.catalogue());
    for (var golden : space.goldenRequests()) {
      IntStream.of(golden.top().ordinals())
          .forEach(ordinal -> items.entries.computeIfAbsent(ordinal, items::read));
    }
    return items;
  }

  private Entry read(int ordinal) {
    return new Entry(catalogue.id(ordinal), catalogue.title(ordinal));
  }

  /** The first top item that the catalogue no longer knows as it did; empty when there is none. */
  public Optional<String> disagreement(GoldenRequest golden) {
    for (var ordinal : golden.top().ordinals()) {
      var expected = entries.get(ordinal);
      var found = read(ordinal);
      MemoryFault.throwPending();
      if (!found.equals(expected)) {
        return Optional.of(
            "the catalogue gives %s for item %d; expected %s".formatted(found, ordinal, expected));
      }
      var back = catalogue.ordinal(found.id());
      if (back != ordinal) {
        return Optional.of(
            "the catalogue finds item %d as %d by its id %s".formatted(ordinal, back, found.id()));
      }
    }
    return Optional.empty();
  }
}
