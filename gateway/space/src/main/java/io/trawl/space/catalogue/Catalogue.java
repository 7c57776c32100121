package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.domain.Violation;
import io.trawl.retrieval.ItemSet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The items of a space: from id to ordinal and back, titles, attributes, and which items a filter
 * lets through.
 *
 * <p>Ids and titles stay in the mapped {@code items.tsv} and become strings when asked for;
 * attributes stand in columns that are built when the space is opened, so that no request pays for
 * it. Safe for use by all threads.
 */
public final class Catalogue {

  private final MemorySegment text;
  private final long[] lineStarts;
  private final IdIndex ids;
  private final Map<Attribute, Column> columns;

  Catalogue(
      MemorySegment text,
      long[] lineStarts,
      IdIndex ids,
      LinkedHashMap<Attribute, Column> columns) {
    this.text = text;
    this.lineStarts = lineStarts;
    this.ids = ids;
    this.columns = Collections.unmodifiableMap(columns);
  }

  /** N, the number of items. */
  public int count() {
    return lineStarts.length;
  }

  /** The ordinal of an item, or -1 where the space does not know it. */
  public int ordinal(String id) {
    return ids.find(id.getBytes(StandardCharsets.UTF_8));
  }

  public String id(int ordinal) {
    var start = lineStarts[ordinal];
    return utf8(start, tab(start));
  }

  public String title(int ordinal) {
    var start = tab(lineStarts[ordinal]) + 1;
    return utf8(start, tab(start));
  }

  private long tab(long from) {
    var at = from;
    while (text.get(ValueLayout.JAVA_BYTE, at) != '\t') {
      at++;
    }
    return at;
  }

  private String utf8(long from, long to) {
    return new String(
        text.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** The names and types of the attributes that items may have, in the manifest's order. */
  public List<Attribute> schema() {
    return List.copyOf(columns.keySet());
  }

  /** The attributes that an item has, by name, in the manifest's order. */
  public Map<String, AttributeValue> attributes(int ordinal) {
    var attributes = new LinkedHashMap<String, AttributeValue>();
    columns.forEach(
        (attribute, column) -> {
          var value = column.value(ordinal);
          if (value != null) {
            attributes.put(attribute.name(), value);
          }
        });
    return attributes;
  }

  /** What an item can be found by in words: its title and all of its attributes that are text. */
  public String words(int ordinal) {
    return Stream.concat(
            Stream.of(title(ordinal)),
            attributes(ordinal).values().stream().flatMap(AttributeValue::texts))
        .collect(Collectors.joining(" "));
  }

  /** The texts that these items have of one attribute, each once. */
  public Set<String> texts(String attribute, int... ordinals) {
    var column = column(attribute);
    var texts = new TreeSet<String>();
    for (var ordinal : ordinals) {
      var value = column.value(ordinal);
      if (value != null) {
        value.texts().forEach(texts::add);
      }
    }
    return texts;
  }

  /** How many items have each attribute and with which values; reads whole columns. */
  public List<AttributeFacts> facts() {
    return columns.entrySet().stream()
        .map(entry -> entry.getValue().facts(entry.getKey()))
        .toList();
  }

  /**
   * What is wrong with a filter, without a scan: unknown attributes, values of another type, more
   * than 16 levels. How many comparisons and values it may have is the API's to say. Fields begin
   * with {@code filter}.
   */
  public List<Violation> violations(Filter filter) {
    return FilterCheck.violations(filter, schema());
  }

  /**
   * The items that a filter lets through: one scan over a column per comparison. A filter with
   * {@link #violations} is invalid as a whole.
   */
  public Eligibility eligible(Filter filter) {
    var violations = violations(filter);
    return violations.isEmpty()
        ? new Eligibility.Eligible(scan(filter))
        : new Eligibility.Invalid(violations);
  }

  private ItemSet scan(Filter filter) {
    return switch (filter) {
      case Filter.Equal(var attribute, var value) -> column(attribute).matching(List.of(value));
      case Filter.In(var attribute, var values) -> column(attribute).matching(values);
      case Filter.Range(var attribute, var atLeast, var atMost) ->
          ((NumberColumn) column(attribute))
              .within(
                  atLeast == null ? Double.NEGATIVE_INFINITY : atLeast,
                  atMost == null ? Double.POSITIVE_INFINITY : atMost);
      case Filter.All(var filters) ->
          filters.stream().map(this::scan).reduce(ItemSet::and).orElse(ItemSet.all(count()));
      case Filter.Any(var filters) ->
          filters.stream()
              .map(this::scan)
              .reduce(ItemSet::or)
              .orElseGet(() -> ItemSet.none(count()));
      case Filter.Not(var inner) -> scan(inner).not();
    };
  }

  private Column column(String name) {
    return columns.entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("attribute " + name + " was not checked"));
  }
}
