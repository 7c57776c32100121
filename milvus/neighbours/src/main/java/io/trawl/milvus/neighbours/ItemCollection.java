package io.trawl.milvus.neighbours;

import io.trawl.space.AttributeType;
import java.util.Map;
import java.util.Objects;

/**
 * A collection that holds the items of one space: its primary key is the ordinal, its vector the
 * item vector, indexed by inner products.
 *
 * @param name the collection, or an alias of it
 * @param attributes the field of each attribute, by the attribute's name
 */
public record ItemCollection(String name, Map<String, Field> attributes) {

  /** The primary key's field, INT64. */
  static final String ORDINAL = "ordinal";

  /** The vector's field. */
  static final String VECTOR = "vector";

  public ItemCollection {
    Objects.requireNonNull(name, "name");
    attributes = Map.copyOf(attributes);
  }

  /** Where an attribute lies. */
  public record Field(String name, AttributeType type) {
    public Field {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(type, "type");
    }
  }
}
