package io.trawl.domain;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which items may be returned, by their attributes. An item that lacks the attribute matches no
 * comparison on it. On an attribute with several values a comparison holds if it holds for one.
 */
public sealed interface Filter {

  /** How many conditions look at an item at most. */
  default int comparisons() {
    return switch (this) {
      case Equal _, In _, Range _ -> 1;
      case All(var filters) -> filters.stream().mapToInt(Filter::comparisons).sum();
      case Any(var filters) -> filters.stream().mapToInt(Filter::comparisons).sum();
      case Not(var filter) -> filter.comparisons();
    };
  }

  /** The attribute has this value. */
  record Equal(String attribute, Value value) implements Filter {
    public Equal {
      Objects.requireNonNull(attribute, "attribute");
      Objects.requireNonNull(value, "value");
    }
  }

  /** The attribute has one of these values. */
  record In(String attribute, List<Value> values) implements Filter {
    public In {
      Objects.requireNonNull(attribute, "attribute");
      values = List.copyOf(values);
    }
  }

  /** The number attribute lies within the bounds, both inclusive; null is no bound. */
  record Range(String attribute, @Nullable Double atLeast, @Nullable Double atMost)
      implements Filter {
    public Range {
      Objects.requireNonNull(attribute, "attribute");
    }
  }

  /** Every one of the filters holds; with none it always does. */
  record All(List<Filter> filters) implements Filter {
    public All {
      filters = List.copyOf(filters);
    }
  }

  /** At least one of the filters holds; with none it never does. */
  record Any(List<Filter> filters) implements Filter {
    public Any {
      filters = List.copyOf(filters);
    }
  }

  /** The filter does not hold. */
  record Not(Filter filter) implements Filter {
    public Not {
      Objects.requireNonNull(filter, "filter");
    }
  }

  /** The value of an attribute. */
  sealed interface Value {}

  record Text(String value) implements Value {
    public Text {
      Objects.requireNonNull(value, "value");
    }
  }

  record Number(double value) implements Value {}

  record Flag(boolean value) implements Value {}
}
