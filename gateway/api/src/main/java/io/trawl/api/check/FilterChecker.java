package io.trawl.api.check;

import com.google.protobuf.Value;
import io.trawl.domain.Filter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The filter of one request. A condition that is wrong is noted and stands for null. */
final class FilterChecker {

  private static final String EXPECTED = "expected exactly one of equal, in, range, all, any, not";

  private final ApiLimits limits;
  private final Bounds bounds;
  private int conditions;

  FilterChecker(ApiLimits limits, Bounds bounds) {
    this.limits = limits;
    this.bounds = bounds;
  }

  @Nullable Filter check(io.trawl.api.v1.Filter filter, Path path) {
    return check(filter, path, 1);
  }

  private @Nullable Filter check(io.trawl.api.v1.Filter filter, Path path, int depth) {
    if (bounds.violations().full() || !roomFor(path, depth)) {
      return null;
    }
    List<String> given =
        filter.getAllFields().keySet().stream().map(field -> field.getName()).toList();
    if (given.size() != 1) {
      bounds
          .violations()
          .add(
              path,
              (given.isEmpty() ? "has no condition" : "has " + String.join(" and ", given))
                  + "; "
                  + EXPECTED);
      return null;
    }
    var at = path.field(given.getFirst());
    return switch (given.getFirst()) {
      case "equal" -> equal(filter.getEqual(), at);
      case "in" -> in(filter.getIn(), at);
      case "range" -> range(filter.getRange(), at);
      case "all" -> {
        var inner = inner(filter.getAllList(), at, depth);
        yield inner == null ? null : new Filter.All(inner);
      }
      case "any" -> {
        var inner = inner(filter.getAnyList(), at, depth);
        yield inner == null ? null : new Filter.Any(inner);
      }
      case "not" -> {
        var inner = check(filter.getNot(), at, depth + 1);
        yield inner == null ? null : new Filter.Not(inner);
      }
      default -> throw new IllegalStateException("a condition of the proto without a check");
    };
  }

  private boolean roomFor(Path path, int depth) {
    if (depth > limits.maxFilterDepth()) {
      bounds
          .violations()
          .add(path, "is nested " + depth + " deep; expected at most " + limits.maxFilterDepth());
      return false;
    }
    if (++conditions > limits.maxFilterConditions()) {
      // Said once: every further condition would say the same.
      if (conditions == limits.maxFilterConditions() + 1) {
        bounds
            .violations()
            .add("filter", "has more than " + limits.maxFilterConditions() + " conditions");
      }
      return false;
    }
    return true;
  }

  private @Nullable Filter equal(io.trawl.api.v1.Filter.Equal equal, Path path) {
    bounds.text(path.field("attribute"), equal.getAttribute(), 1, limits.maxIdChars());
    var value = value(equal.getValue(), path.field("value"));
    return value == null ? null : new Filter.Equal(equal.getAttribute(), value);
  }

  private @Nullable Filter in(io.trawl.api.v1.Filter.In in, Path path) {
    bounds.text(path.field("attribute"), in.getAttribute(), 1, limits.maxIdChars());
    var at = path.field("values");
    if (!bounds.size(at, in.getValuesCount(), 1, limits.maxFilterValues(), "values")) {
      return null;
    }
    List<Filter.Value> values = new ArrayList<>(in.getValuesCount());
    for (int i = 0; i < in.getValuesCount() && !bounds.violations().full(); i++) {
      var value = value(in.getValues(i), at.at(i));
      if (value != null) {
        values.add(value);
      }
    }
    return new Filter.In(in.getAttribute(), values);
  }

  private @Nullable Filter range(io.trawl.api.v1.Filter.Range range, Path path) {
    bounds.text(path.field("attribute"), range.getAttribute(), 1, limits.maxIdChars());
    Double least = range.hasAtLeast() ? finite(range.getAtLeast(), path.field("at_least")) : null;
    Double most = range.hasAtMost() ? finite(range.getAtMost(), path.field("at_most")) : null;
    if (!range.hasAtLeast() && !range.hasAtMost()) {
      bounds.violations().add(path, "has no bound; expected at_least, at_most or both");
    }
    if (least != null && most != null && least > most) {
      bounds
          .violations()
          .add(
              path.field("at_least"),
              "is " + least + ", above at_most, which is " + most + "; nothing can match");
    }
    return new Filter.Range(range.getAttribute(), least, most);
  }

  private @Nullable List<Filter> inner(List<io.trawl.api.v1.Filter> filters, Path path, int depth) {
    List<Filter> checked = new ArrayList<>(filters.size());
    for (int i = 0; i < filters.size() && !bounds.violations().full(); i++) {
      var filter = check(filters.get(i), path.at(i), depth + 1);
      if (filter != null) {
        checked.add(filter);
      }
    }
    return checked.size() == filters.size() ? checked : null;
  }

  private Filter.@Nullable Value value(Value value, Path path) {
    return switch (value.getKindCase()) {
      case STRING_VALUE ->
          bounds.text(path, value.getStringValue(), 0, limits.maxTextChars())
              ? new Filter.Text(value.getStringValue())
              : null;
      case NUMBER_VALUE -> {
        var number = finite(value.getNumberValue(), path);
        yield number == null ? null : new Filter.Number(number);
      }
      case BOOL_VALUE -> new Filter.Flag(value.getBoolValue());
      case NULL_VALUE, STRUCT_VALUE, LIST_VALUE, KIND_NOT_SET -> {
        bounds.violations().add(path, "is missing; expected a text, a number, or true or false");
        yield null;
      }
    };
  }

  private @Nullable Double finite(double value, Path path) {
    if (Double.isFinite(value)) {
      return value;
    }
    bounds.violations().add(path, "is " + value + "; expected a finite number");
    return null;
  }
}
