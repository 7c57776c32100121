package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.domain.Nearest;
import io.trawl.domain.Violation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds everything that is wrong with a filter before the first column is scanned. */
final class FilterCheck {

  /** A filter nested deeper than this is refused. */
  static final int MAX_DEPTH = 16;

  /** After so many nothing more is looked for. */
  private static final int MAX_VIOLATIONS = 64;

  private final Map<String, AttributeType> types = new LinkedHashMap<>();
  private final List<Violation> violations = new ArrayList<>();

  private FilterCheck(List<Attribute> attributes) {
    attributes.forEach(attribute -> types.put(attribute.name(), attribute.type()));
  }

  static List<Violation> violations(Filter filter, List<Attribute> attributes) {
    var check = new FilterCheck(attributes);
    check.visit(filter, "filter", 1);
    return check.violations;
  }

  private void visit(Filter filter, String path, int depth) {
    if (depth > MAX_DEPTH) {
      add(path, "is nested %d deep; expected at most %d", depth, MAX_DEPTH);
      return;
    }
    switch (filter) {
      case Filter.Equal(var attribute, var value) -> {
        var type = type(attribute, path + ".equal.attribute");
        value(type, attribute, value, path + ".equal.value");
      }
      case Filter.In(var attribute, var list) -> {
        var type = type(attribute, path + ".in.attribute");
        for (var i = 0; i < list.size() && violations.size() < MAX_VIOLATIONS; i++) {
          value(type, attribute, list.get(i), path + ".in.values[" + i + "]");
        }
      }
      case Filter.Range range -> range(range, path + ".range");
      case Filter.All(var filters) -> visitAll(filters, path + ".all", depth);
      case Filter.Any(var filters) -> visitAll(filters, path + ".any", depth);
      case Filter.Not(var inner) -> visit(inner, path + ".not", depth + 1);
    }
  }

  private void visitAll(List<Filter> filters, String path, int depth) {
    for (var i = 0; i < filters.size() && violations.size() < MAX_VIOLATIONS; i++) {
      visit(filters.get(i), path + "[" + i + "]", depth + 1);
    }
  }

  private @Nullable AttributeType type(String attribute, String path) {
    var type = types.get(attribute);
    if (type == null) {
      add(
          path,
          "is \"%s\", which the space does not have; expected one of %s%s",
          attribute,
          String.join(", ", types.keySet()),
          Nearest.to(attribute, types.keySet()).map(" (nearest: \"%s\")"::formatted).orElse(""));
    }
    return type;
  }

  private void value(
      @Nullable AttributeType type, String attribute, Filter.Value value, String path) {
    if (type == null) {
      return;
    }
    var fits =
        switch (type) {
          case TEXT, TEXTS -> value instanceof Filter.Text;
          case NUMBER -> value instanceof Filter.Number(var number) && !Double.isNaN(number);
          case FLAG -> value instanceof Filter.Flag;
        };
    if (!fits) {
      add(path, "is %s; expected %s, as %s holds", shown(value), expected(type), attribute);
    }
  }

  private void range(Filter.Range range, String path) {
    var type = type(range.attribute(), path + ".attribute");
    if (type != null && type != AttributeType.NUMBER) {
      add(
          path + ".attribute",
          "is \"%s\", which holds %s; expected an attribute that holds a number",
          range.attribute(),
          expected(type));
    }
    bound(range.atLeast(), path + ".at_least");
    bound(range.atMost(), path + ".at_most");
    if (range.atLeast() != null && range.atMost() != null && range.atLeast() > range.atMost()) {
      add(
          path + ".at_least",
          "is %s; expected no more than at_most, %s",
          range.atLeast(),
          range.atMost());
    }
  }

  private void bound(@Nullable Double bound, String path) {
    if (bound != null && bound.isNaN()) {
      add(path, "is NaN; expected a number");
    }
  }

  private static String expected(AttributeType type) {
    return switch (type) {
      case TEXT, TEXTS -> "text";
      case NUMBER -> "a number";
      case FLAG -> "a flag";
    };
  }

  private static String shown(Filter.Value value) {
    return switch (value) {
      case Filter.Text _ -> "text";
      case Filter.Number(var number) -> "the number " + number;
      case Filter.Flag(var flag) -> "the flag " + flag;
    };
  }

  private void add(String path, String why, Object... details) {
    violations.add(new Violation(path, why.formatted(details)));
  }
}
