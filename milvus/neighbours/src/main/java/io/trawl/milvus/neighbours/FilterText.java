package io.trawl.milvus.neighbours;

import io.trawl.domain.Filter;
import io.trawl.space.catalogue.AttributeType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A filter as a boolean expression of Milvus, with its values in the text, which every version
 * understands.
 *
 * <p>What Milvus does not understand as the catalogue does is left out, so that the expression lets
 * through what the filter does and perhaps more, never less: the gateway takes away what is too
 * much and could not add what is missing. Under a negation "perhaps more" would become "perhaps
 * less", so there only what is translated exactly is kept. Numbers are not: an item without the
 * number holds NaN, and whether {@code not (x >= 1)} holds for it is the server's taste.
 */
final class FilterText {

  /** Longer expressions cost the server's parser more than they save. */
  private static final int LONGEST = 32 * 1024;

  private static final String NEVER = ItemFields.ORDINAL + " < 0";

  /**
   * An expression.
   *
   * @param text lets through what the filter does, or more; null lets everything through
   * @param exact whether it lets through nothing more
   */
  record Expression(@Nullable String text, boolean exact) {
    private static final Expression EVERYTHING = new Expression(null, false);
  }

  private final ItemCollection items;

  private FilterText(ItemCollection items) {
    this.items = items;
  }

  static Expression of(Filter filter, ItemCollection items) {
    var expression = new FilterText(items).expression(filter, false);
    return expression.text() != null && expression.text().length() > LONGEST
        ? Expression.EVERYTHING
        : expression;
  }

  private Expression expression(Filter filter, boolean negated) {
    return switch (filter) {
      case Filter.Equal(var attribute, var value) -> values(attribute, List.of(value), negated);
      case Filter.In(var attribute, var values) -> values(attribute, values, negated);
      case Filter.Range range -> negated ? Expression.EVERYTHING : range(range);
      case Filter.All(var filters) -> all(filters, negated);
      case Filter.Any(var filters) -> any(filters, negated);
      case Filter.Not(var inner) -> {
        var expression = expression(inner, true);
        yield expression.exact()
            ? new Expression("not (" + expression.text() + ")", true)
            : Expression.EVERYTHING;
      }
    };
  }

  private Expression all(List<Filter> filters, boolean negated) {
    if (filters.isEmpty()) {
      return new Expression("not (" + NEVER + ")", true);
    }
    var parts = new ArrayList<String>();
    var exact = true;
    for (var filter : filters) {
      var part = expression(filter, negated);
      exact &= part.exact();
      if (part.text() != null) {
        parts.add("(" + part.text() + ")");
      }
    }
    return parts.isEmpty()
        ? Expression.EVERYTHING
        : new Expression(String.join(" and ", parts), exact);
  }

  private Expression any(List<Filter> filters, boolean negated) {
    if (filters.isEmpty()) {
      return new Expression(NEVER, true);
    }
    var parts = filters.stream().map(filter -> expression(filter, negated)).toList();
    if (parts.stream().anyMatch(part -> part.text() == null)) {
      return Expression.EVERYTHING;
    }
    return new Expression(
        parts.stream().map(part -> "(" + part.text() + ")").collect(Collectors.joining(" or ")),
        parts.stream().allMatch(Expression::exact));
  }

  private Expression values(String attribute, List<Filter.Value> values, boolean negated) {
    var field = items.attributes().get(attribute);
    if (field == null || (field.type() == AttributeType.NUMBER && negated)) {
      return Expression.EVERYTHING;
    }
    return literals(values, field.type())
        .map(list -> new Expression(in(field, list), true))
        .orElse(Expression.EVERYTHING);
  }

  private static String in(ItemCollection.Field field, List<String> literals) {
    if (literals.isEmpty()) {
      return NEVER;
    }
    var list = String.join(", ", literals);
    if (field.type() == AttributeType.TEXTS) {
      return literals.size() == 1
          ? "array_contains(%s, %s)".formatted(field.name(), list)
          : "array_contains_any(%s, [%s])".formatted(field.name(), list);
    }
    // Numbers one by one: a list of them must be of one kind, whole or not.
    return literals.size() == 1 || field.type() == AttributeType.NUMBER
        ? literals.stream()
            .map(literal -> "%s == %s".formatted(field.name(), literal))
            .collect(Collectors.joining(" or "))
        : "%s in [%s]".formatted(field.name(), list);
  }

  private Expression range(Filter.Range range) {
    var field = items.attributes().get(range.attribute());
    if (field == null || field.type() != AttributeType.NUMBER) {
      return Expression.EVERYTHING;
    }
    var parts = new ArrayList<String>();
    bound(range.atLeast(), number -> field.name() + " >= " + number).ifPresent(parts::add);
    bound(range.atMost(), number -> field.name() + " <= " + number).ifPresent(parts::add);
    return parts.isEmpty()
        ? Expression.EVERYTHING
        : new Expression(String.join(" and ", parts), true);
  }

  private static Optional<String> bound(@Nullable Double bound, Function<String, String> text) {
    return bound == null ? Optional.empty() : number(bound).map(text);
  }

  /** Empty where one of them cannot be written. */
  private static Optional<List<String>> literals(List<Filter.Value> values, AttributeType type) {
    var literals = new ArrayList<String>();
    for (var value : values) {
      var literal =
          switch (value) {
            case Filter.Text(var text) -> text(text);
            case Filter.Number(var number) ->
                type == AttributeType.NUMBER ? number(number) : Optional.<String>empty();
            case Filter.Flag(var flag) -> Optional.of(flag ? "1" : "0");
          };
      if (literal.isEmpty()) {
        return Optional.empty();
      }
      literals.add(literal.get());
    }
    return Optional.of(literals);
  }

  private static Optional<String> number(double number) {
    if (!Double.isFinite(number)) {
      return Optional.empty();
    }
    var plain = BigDecimal.valueOf(number).toPlainString();
    return plain.length() > 40 ? Optional.empty() : Optional.of(plain);
  }

  private static Optional<String> text(String text) {
    // The server's parser and ours may read escapes of these differently.
    if (text.chars().anyMatch(c -> c < ' ' || c == '\\' || c == 0x7f)) {
      return Optional.empty();
    }
    return Optional.of("\"" + text.replace("\"", "\\\"") + "\"");
  }

  /** The expressions that there are, all of which must hold; empty for none. */
  static String together(@Nullable String... expressions) {
    var parts = new ArrayList<String>();
    for (var expression : expressions) {
      if (expression != null) {
        parts.add("(" + expression + ")");
      }
    }
    return String.join(" and ", parts);
  }
}
