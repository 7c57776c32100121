package io.trawl.space;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What counts as right for a user and an objective.
 *
 * @param items outside ids, at least one
 * @param text what to ask with, or null where the objective takes no text
 */
public record HeldOut(List<String> items, @Nullable String text) {

  public HeldOut {
    items = List.copyOf(items);
  }
}
