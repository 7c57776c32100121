package io.trawl.milvus.neighbours;

import io.trawl.space.catalogue.AttributeValue;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/**
 * An item as a collection holds it.
 *
 * @param attributes those that it has, by name
 * @param vector its item vector; not copied, nobody changes it
 */
public record ItemRow(
    int ordinal, String id, Map<String, AttributeValue> attributes, float[] vector) {

  public ItemRow {
    Objects.requireNonNull(id, "id");
    attributes = Map.copyOf(attributes);
    Objects.requireNonNull(vector, "vector");
  }

  /** Equal vectors have the same bits. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ItemRow row
        && ordinal == row.ordinal
        && id.equals(row.id)
        && attributes.equals(row.attributes)
        && Arrays.equals(bits(vector), bits(row.vector));
  }

  @Override
  public int hashCode() {
    return Objects.hash(ordinal, id);
  }

  private static int[] bits(float[] vector) {
    var bits = new int[vector.length];
    for (var d = 0; d < bits.length; d++) {
      bits[d] = Float.floatToRawIntBits(vector[d]);
    }
    return bits;
  }
}
