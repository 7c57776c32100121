package io.trawl.milvus.neighbours;

import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A collection that holds the items of one space: its primary key is the ordinal, its vector the
 * item vector, indexed by inner products.
 *
 * @param name the collection, or an alias of it
 * @param attributes the field of each attribute, by the attribute's name
 */
public record ItemCollection(String name, Map<String, Field> attributes) {

  public ItemCollection {
    Objects.requireNonNull(name, "name");
    attributes = Map.copyOf(attributes);
  }

  /** As {@link ItemFields} says, for a space with these attributes. */
  public static ItemCollection of(String name, List<Attribute> schema) {
    var fields = ItemFields.of(schema);
    return new ItemCollection(
        name,
        schema.stream()
            .collect(
                Collectors.toMap(
                    Attribute::name,
                    attribute ->
                        new Field(
                            Objects.requireNonNull(fields.get(attribute.name())),
                            attribute.type()))));
  }

  /** Where an attribute lies. */
  public record Field(String name, AttributeType type) {
    public Field {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(type, "type");
    }
  }
}
