package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.retrieval.ItemSet;
import io.trawl.space.source.JsonNode;
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
    var words = new long[(numbers.length + 63) >>> 6];
    for (var w = 0; w < words.length; w++) {
      var word = 0L;
      for (var i = w << 6; i < Math.min((w + 1) << 6, numbers.length); i++) {
        word |= (wanted[numbers[i] + 1] ? 1L : 0L) << i;
      }
      words[w] = word;
    }
    return ItemSet.ofWords(words, numbers.length);
  }

  /** Which numbers, plus one, are those of the values; at 0, where a text is lacking, none is. */
  static boolean[] wanted(TextDictionary dictionary, List<Filter.Value> values) {
    var wanted = new boolean[dictionary.size() + 1];
    for (var value : values) {
      if (value instanceof Filter.Text(var text)) {
        wanted[dictionary.find(text) + 1] = true;
      }
    }
    wanted[0] = false;
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
    return ValueCounts.facts(attribute, items, dictionary::text, counts);
  }
}
