package io.trawl.domain;

import java.util.List;

/**
 * The lists of several objectives as one.
 *
 * @param items best first
 * @param degradations what was left out of this list; those of the objectives are at their lists
 */
public record MergedList(List<MergedItem> items, List<Degradation> degradations) {

  public MergedList {
    items = List.copyOf(items);
    degradations = List.copyOf(degradations);
  }
}
