package io.trawl.domain;

import java.util.Objects;

/**
 * One item of an answer.
 *
 * @param id the item's outside id
 * @param title its title, empty where the catalogue has none
 * @param score the maximum over the query vectors of their inner product with the item vector
 */
public record RankedItem(String id, String title, float score) {

  public RankedItem {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(title, "title");
  }
}
