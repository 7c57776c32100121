package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.retrieval.ItemSet;
import io.trawl.space.source.JsonNode;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Two bits per item: whether it says yes, whether it says no. */
final class FlagColumn implements Column {

  private final int items;
  private final BitSet yes = new BitSet();
  private final BitSet no = new BitSet();
  private int filled;

  FlagColumn(int items) {
    this.items = items;
  }

  @Override
  public void append(@Nullable JsonNode value) {
    if (value != null) {
      (value.flag() ? yes : no).set(filled);
    }
    filled++;
  }

  @Override
  public @Nullable AttributeValue value(int ordinal) {
    if (yes.get(ordinal)) {
      return new AttributeValue.Flag(true);
    }
    return no.get(ordinal) ? new AttributeValue.Flag(false) : null;
  }

  @Override
  public ItemSet matching(List<Filter.Value> values) {
    var wanted = new BitSet();
    for (var value : values) {
      if (value instanceof Filter.Flag(var flag)) {
        wanted.or(flag ? yes : no);
      }
    }
    return ItemSet.ofWords(Arrays.copyOf(wanted.toLongArray(), (items + 63) >>> 6), items);
  }

  @Override
  public AttributeFacts facts(Attribute attribute) {
    var counts = new int[] {yes.cardinality(), no.cardinality()};
    return ValueCounts.facts(
        attribute, counts[0] + counts[1], value -> value == 0 ? "true" : "false", counts);
  }
}
