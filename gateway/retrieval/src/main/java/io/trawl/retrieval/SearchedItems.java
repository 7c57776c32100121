package io.trawl.retrieval;

import java.util.Objects;

/** The items that an engine searches, and how it scores them. */
sealed interface SearchedItems {

  /** N, the number of items. */
  int count();

  /** H, the numbers per vector. */
  int width();

  ScoreKernel kernel();

  /** Their vectors are here. */
  record Held(ItemVectors vectors, ScoreKernel kernel) implements SearchedItems {
    public Held {
      Objects.requireNonNull(vectors, "vectors");
      Objects.requireNonNull(kernel, "kernel");
    }

    @Override
    public int count() {
      return vectors.count();
    }

    @Override
    public int width() {
      return vectors.width();
    }
  }

  /** Each search is supplied with those that it scores. */
  record Fetched(int count, int width, ScoreKernel kernel) implements SearchedItems {
    public Fetched {
      Objects.requireNonNull(kernel, "kernel");
      if (count < 0 || width < 1) {
        throw new IllegalArgumentException(
            "the items are %d of width %d; expected a count >= 0 and a width >= 1"
                .formatted(count, width));
      }
    }
  }
}
