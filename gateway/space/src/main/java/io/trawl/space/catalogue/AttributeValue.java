package io.trawl.space.catalogue;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What an item has for an attribute. */
public sealed interface AttributeValue {

  /** Its strings; none of a number or a flag. */
  default Stream<String> texts() {
    return switch (this) {
      case Text(var text) -> Stream.of(text);
      case Texts(var several) -> several.stream();
      case Number _, Flag _ -> Stream.empty();
    };
  }

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
