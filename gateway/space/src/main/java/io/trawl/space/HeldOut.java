package io.trawl.space;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What counts as right for a user and an objective.
 *
 * @param items outside ids, at least one
 * @param text what to ask with, or null where the objective takes no text
 * @param oracleRanks of data that was generated, the rank of each item (0 for the best) by who
 *     knows how it was generated and sees the same history; empty where nobody knows
 */
public record HeldOut(List<String> items, @Nullable String text, List<Integer> oracleRanks) {

  public HeldOut {
    items = List.copyOf(items);
    oracleRanks = List.copyOf(oracleRanks);
  }
}
