package io.trawl.space.catalogue;

import java.util.List;
import java.util.Objects;

/** What an item has for an attribute. */
public sealed interface AttributeValue {

  record Text(String value) implements AttributeValue {
    public Text {
      Objects.requireNonNull(value, "value");
    }
  }

  record Texts(List<String> values) implements AttributeValue {
    public Texts {
      values = List.copyOf(values);
    }
  }

  record Number(double value) implements AttributeValue {}

  record Flag(boolean value) implements AttributeValue {}
}
