package io.trawl.space.catalogue;

import io.trawl.domain.Violation;
import io.trawl.retrieval.ItemSet;
import java.util.List;
import java.util.Objects;

/** What a filter comes to over a catalogue. */
public sealed interface Eligibility {

  /** The items that the filter lets through. */
  record Eligible(ItemSet items) implements Eligibility {
    public Eligible {
      Objects.requireNonNull(items, "items");
    }
  }

  /** The filter does not fit the space's attributes; fields begin with {@code filter}. */
  record Invalid(List<Violation> violations) implements Eligibility {
    public Invalid {
      violations = List.copyOf(violations);
      if (violations.isEmpty()) {
        throw new IllegalArgumentException("violations is empty; expected at least one");
      }
    }
  }
}
