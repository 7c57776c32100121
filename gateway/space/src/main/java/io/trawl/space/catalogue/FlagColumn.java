package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.retrieval.ItemSet;
import io.trawl.space.catalogue.AttributeFacts.ValueCount;
import io.trawl.space.source.JsonNode;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Two bits per item: whether it says yes, whether it says no. */
final class FlagColumn implements Column {

  private final ItemSet yes;
  private final ItemSet no;
  private int filled;

  FlagColumn(int items) {
    this.yes = ItemSet.none(items);
    this.no = ItemSet.none(items);
  }

  @Override
  public void append(@Nullable JsonNode value) {
    if (value != null) {
      (value.flag() ? yes : no).add(filled);
    }
    filled++;
  }

  @Override
  public @Nullable AttributeValue value(int ordinal) {
    if (yes.contains(ordinal)) {
      return new AttributeValue.Flag(true);
    }
    return no.contains(ordinal) ? new AttributeValue.Flag(false) : null;
  }

  @Override
  public ItemSet matching(List<Filter.Value> values) {
    var items = ItemSet.none(yes.count());
    for (var value : values) {
      if (value instanceof Filter.Flag(var flag)) {
        items.or(flag ? yes : no);
      }
    }
    return items;
  }

  @Override
  public AttributeFacts facts(Attribute attribute) {
    var common =
        Stream.of(new ValueCount("true", yes.size()), new ValueCount("false", no.size()))
            .filter(count -> count.items() > 0)
            .sorted(Comparator.comparingInt(ValueCount::items).reversed())
            .toList();
    return new AttributeFacts(
        attribute,
        yes.size() + no.size(),
        common.size(),
        common,
        OptionalDouble.empty(),
        OptionalDouble.empty());
  }
}
