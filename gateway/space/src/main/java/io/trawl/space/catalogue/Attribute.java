package io.trawl.space.catalogue;

import java.util.Objects;

/** Name and type of an attribute that items may have. */
public record Attribute(String name, AttributeType type) {

  public Attribute {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
  }
}
