package io.trawl.space.catalogue;

import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * What the items of a space have for an attribute.
 *
 * @param items how many items have it
 * @param distinctValues how many different values it takes; for numbers, which are not counted
 *     apart, zero
 * @param common the most frequent values, most frequent first
 * @param least the least number
 * @param greatest the greatest number
 */
public record AttributeFacts(
    Attribute attribute,
    int items,
    int distinctValues,
    List<ValueCount> common,
    OptionalDouble least,
    OptionalDouble greatest) {

  /** How many of {@link #common} there are at most. */
  public static final int COMMON_VALUES = 5;

  public AttributeFacts {
    Objects.requireNonNull(attribute, "attribute");
    common = List.copyOf(common);
  }

  /** A value and how many items have it. */
  public record ValueCount(String value, int items) {
    public ValueCount {
      Objects.requireNonNull(value, "value");
    }
  }
}
