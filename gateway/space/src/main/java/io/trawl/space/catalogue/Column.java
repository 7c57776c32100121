package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.retrieval.ItemSet;
import io.trawl.space.source.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One attribute of all items, in fixed-width arrays. Filled in ordinal order by one thread, then
 * only read.
 */
sealed interface Column permits FlagColumn, NumberColumn, TextColumn, TextsColumn {

  static Column of(AttributeType type, int items) {
    return switch (type) {
      case TEXT -> new TextColumn(items);
      case TEXTS -> new TextsColumn(items);
      case NUMBER -> new NumberColumn(items);
      case FLAG -> new FlagColumn(items);
    };
  }

  /** Takes what the next item has, or null where it lacks the attribute. */
  void append(@Nullable JsonNode value);

  @Nullable AttributeValue value(int ordinal);

  /** The items for which one of these values holds; the values are of the column's type. */
  ItemSet matching(List<Filter.Value> values);

  /** How many items have it, with which values. */
  AttributeFacts facts(Attribute attribute);
}
