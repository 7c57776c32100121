package io.trawl.domain;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One item of a merged list.
 *
 * @param id the item's outside id
 * @param title its title, empty where the catalogue has none
 * @param score what {@link Merge#by} makes of its places or scores
 * @param objective the objective that brought it: the one that kept a place for it, else the one
 *     that added most to its score
 * @param places where it stood in each list that has it, in the order of the lists
 */
public record MergedItem(
    String id, String title, double score, String objective, List<Place> places) {

  public MergedItem {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(objective, "objective");
    places = List.copyOf(places);
  }

  /**
   * Where an item stood in the list of one objective.
   *
   * @param place from 1
   * @param why why it is there, or null where nobody asked
   */
  public record Place(String objective, int place, float score, @Nullable Why why) {

    public Place {
      Objects.requireNonNull(objective, "objective");
    }
  }
}
