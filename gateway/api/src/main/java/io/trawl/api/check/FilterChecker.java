package io.trawl.api.check;

import com.google.protobuf.Message;
import com.google.protobuf.Value;
import io.trawl.domain.Filter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The filter of one request. A condition that is wrong is noted and stands for null. */
final class FilterChecker {

  private static final String EXPECTED = "expected exactly one of equal, in, range, all, any, not";

  private final ApiLimits limits;
  private final FieldRules rules;
  private final Violations violations;
  private int conditions;
  private int comparisons;
  private int values;

  FilterChecker(ApiLimits limits, FieldRules rules, Violations violations) {
    this.limits = limits;
    this.rules = rules;
    this.violations = violations;
  }

  @Nullable Filter check(io.trawl.api.v1.Filter filter, Path path) {
    return check(filter, path, 1);
  }

  private @Nullable Filter check(io.trawl.api.v1.Filter filter, Path path, int depth) {
    if (violations.full() || !roomFor(path, depth)) {
      return null;
    }
    List<String> given =
        filter.getAllFields().keySet().stream().map(field -> field.getName()).toList();
    if (given.size() != 1) {
      violations.add(
          path,
          (given.isEmpty() ? "has no condition" : "has " + String.join(" and ", given))
              + "; "
              + EXPECTED);
      return null;
    }
    var at = path.field(given.getFirst());
    if (!roomForComparison(filter)) {
      return null;
    }
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
    if (depth > limits.filters().maxFilterDepth()) {
      violations.add(
          path,
          "is nested " + depth + " deep; expected at most " + limits.filters().maxFilterDepth());
      return false;
    }
    conditions++;
    return within(conditions - 1, conditions, limits.filters().maxFilterConditions(), "conditions");
  }

  private boolean roomForComparison(io.trawl.api.v1.Filter filter) {
    if (!filter.hasEqual() && !filter.hasIn() && !filter.hasRange()) {
      return true;
    }
    comparisons++;
    int before = values;
    values += filter.getIn().getValuesCount();
    return within(
            comparisons - 1, comparisons, limits.filters().maxFilterComparisons(), "comparisons")
        & within(before, values, limits.filters().maxFilterValuesInAll(), "values");
  }

  /** Said once: everything further would say the same. */
  private boolean within(int before, int now, int most, String what) {
    if (now > most && before <= most) {
      violations.add(Path.ROOT.field("filter"), "has more than " + most + " " + what);
    }
    return now <= most;
  }

  /** Whether the fields of a condition are as they must be. */
  private boolean good(Message condition, Path path) {
    return rules.check(condition, path, violations);
  }

  private @Nullable Filter equal(io.trawl.api.v1.Filter.Equal equal, Path path) {
    return good(equal, path)
        ? new Filter.Equal(equal.getAttribute(), value(equal.getValue()))
        : null;
  }

  private @Nullable Filter in(io.trawl.api.v1.Filter.In in, Path path) {
    return good(in, path)
        ? new Filter.In(
            in.getAttribute(), in.getValuesList().stream().map(FilterChecker::value).toList())
        : null;
  }

  private @Nullable Filter range(io.trawl.api.v1.Filter.Range range, Path path) {
    Double least = range.hasAtLeast() ? range.getAtLeast() : null;
    Double most = range.hasAtMost() ? range.getAtMost() : null;
    boolean good = good(range, path);
    if (least == null && most == null) {
      good = violations.add(path, "has no bound; expected at_least, at_most or both");
    }
    if (good && least != null && most != null && least > most) {
      good =
          violations.add(
              path.field("at_least"),
              "is " + least + ", above at_most, which is " + most + "; nothing can match");
    }
    return good ? new Filter.Range(range.getAttribute(), least, most) : null;
  }

  private @Nullable List<Filter> inner(List<io.trawl.api.v1.Filter> filters, Path path, int depth) {
    List<Filter> checked = new ArrayList<>(filters.size());
    for (int i = 0; i < filters.size() && !violations.full(); i++) {
      var filter = check(filters.get(i), path.at(i), depth + 1);
      if (filter != null) {
        checked.add(filter);
      }
    }
    return checked.size() == filters.size() ? checked : null;
  }

  private static Filter.Value value(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> new Filter.Text(value.getStringValue());
      case NUMBER_VALUE -> new Filter.Number(value.getNumberValue());
      case BOOL_VALUE -> new Filter.Flag(value.getBoolValue());
      case NULL_VALUE, STRUCT_VALUE, LIST_VALUE, KIND_NOT_SET ->
          throw new IllegalStateException("a value of a kind that is not checked");
    };
  }
}
