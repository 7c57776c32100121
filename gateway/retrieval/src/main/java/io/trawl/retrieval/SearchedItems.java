package io.trawl.retrieval;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The items that an engine searches, and how it scores them.
 *
 * @param count N, the number of items
 * @param width H, the numbers per vector
 * @param held their vectors; null where each search is supplied with those that it scores
 */
record SearchedItems(int count, int width, @Nullable ItemVectors held, ScoreKernel kernel) {

  SearchedItems {
    Objects.requireNonNull(kernel, "kernel");
    if (count < 0 || width < 1) {
      throw new IllegalArgumentException(
          "the items are %d of width %d; expected a count >= 0 and a width >= 1"
              .formatted(count, width));
    }
  }

  static SearchedItems held(ItemVectors items, ScoreKernel kernel) {
    return new SearchedItems(items.count(), items.width(), items, kernel);
  }

  static SearchedItems fetched(int count, int width, ScoreKernel kernel) {
    return new SearchedItems(count, width, null, kernel);
  }
}
