package io.trawl.domain;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An item of a catalogue as a person sees it.
 *
 * @param id its outside id
 * @param title its title, empty where the catalogue has none
 * @param attributes values by attribute name; more than one value only where the attribute has many
 */
public record Item(String id, String title, Map<String, List<Filter.Value>> attributes) {

  public Item {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(title, "title");
    attributes = Map.copyOf(attributes);
  }
}
