package io.trawl.space;

import io.trawl.domain.Filter;
import io.trawl.retrieval.ItemSet;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One dictionary number per item, -1 where the item lacks the attribute. */
final class TextColumn implements Column {

  private final TextDictionary dictionary = new TextDictionary();
  private final int[] numbers;
  private int filled;

  TextColumn(int items) {
    this.numbers = new int[items];
  }

  @Override
  public void append(@Nullable JsonNode value) {
    numbers[filled++] = value == null ? -1 : number(dictionary, value);
  }

  static int number(TextDictionary dictionary, JsonNode value) {
    var number = dictionary.add(value.text());
    if (number < 0) {
      throw value.refused("is one text too many", "at most 2 GiB of distinct texts");
    }
    return number;
  }

  @Override
  public @Nullable AttributeValue value(int ordinal) {
    var number = numbers[ordinal];
    return number < 0 ? null : new AttributeValue.Text(dictionary.text(number));
  }

  @Override
  public ItemSet matching(List<Filter.Value> values) {
    var wanted = wanted(dictionary, values);
    var items = ItemSet.none(numbers.length);
    if (wanted.isEmpty()) {
      return items;
    }
    for (var ordinal = 0; ordinal < numbers.length; ordinal++) {
      var number = numbers[ordinal];
      if (number >= 0 && wanted.get(number)) {
        items.add(ordinal);
      }
    }
    return items;
  }

  /** The dictionary numbers of the values that some item has. */
  static BitSet wanted(TextDictionary dictionary, List<Filter.Value> values) {
    var wanted = new BitSet(dictionary.size());
    for (var value : values) {
      if (value instanceof Filter.Text(var text)) {
        var number = dictionary.find(text);
        if (number >= 0) {
          wanted.set(number);
        }
      }
    }
    return wanted;
  }

  @Override
  public AttributeFacts facts(Attribute attribute) {
    var counts = new int[dictionary.size()];
    var items = 0;
    for (var number : numbers) {
      if (number >= 0) {
        counts[number]++;
        items++;
      }
    }
    return ValueCounts.facts(attribute, items, dictionary, counts);
  }
}
