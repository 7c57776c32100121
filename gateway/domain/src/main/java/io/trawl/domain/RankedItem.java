package io.trawl.domain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One item of an answer.
 *
 * @param id the item's outside id
 * @param title its title, empty where the catalogue has none
 * @param score the maximum over the query vectors of their inner product with the item vector; in a
 *     list that is fused of legs the sum of weight / (60 + place) over those that found it
 * @param why why it is there, or null where nobody asked
 */
public record RankedItem(String id, String title, float score, @Nullable Why why) {

  /** One that nobody asked about. */
  public RankedItem(String id, String title, float score) {
    this(id, title, score, null);
  }

  public RankedItem {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(title, "title");
  }
}
