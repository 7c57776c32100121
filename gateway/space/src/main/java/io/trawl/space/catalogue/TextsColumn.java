package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.retrieval.ItemSet;
import io.trawl.space.source.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The dictionary numbers of all items one after the other, and where each item's end. */
final class TextsColumn implements Column {

  private static final int MAX_NUMBERS = Integer.MAX_VALUE - 8;

  private final TextDictionary dictionary = new TextDictionary();
  private final int[] ends;
  private int[] numbers = new int[64];
  private int filled;
  private int used;

  TextsColumn(int items) {
    this.ends = new int[items];
  }

  @Override
  public void append(@Nullable JsonNode value) {
    if (value != null) {
      for (var element : value.list()) {
        if (used == MAX_NUMBERS) {
          throw value.refused("is one list too many", "at most " + MAX_NUMBERS + " texts in all");
        }
        if (used == numbers.length) {
          numbers = Arrays.copyOf(numbers, (int) Math.min(MAX_NUMBERS, 2L * used));
        }
        numbers[used++] = TextColumn.number(dictionary, element);
      }
    }
    ends[filled++] = used;
  }

  private int start(int ordinal) {
    return ordinal == 0 ? 0 : ends[ordinal - 1];
  }

  @Override
  public @Nullable AttributeValue value(int ordinal) {
    var texts = new ArrayList<String>();
    for (var i = start(ordinal); i < ends[ordinal]; i++) {
      texts.add(dictionary.text(numbers[i]));
    }
    return texts.isEmpty() ? null : new AttributeValue.Texts(texts);
  }

  @Override
  public ItemSet matching(List<Filter.Value> values) {
    var wanted = TextColumn.wanted(dictionary, values);
    var words = new long[(ends.length + 63) >>> 6];
    var i = 0;
    for (var ordinal = 0; ordinal < ends.length; ordinal++) {
      var found = false;
      for (; i < ends[ordinal]; i++) {
        found |= wanted[numbers[i] + 1];
      }
      words[ordinal >>> 6] |= (found ? 1L : 0L) << ordinal;
    }
    return ItemSet.ofWords(words, ends.length);
  }

  @Override
  public AttributeFacts facts(Attribute attribute) {
    var counts = new int[dictionary.size()];
    for (var i = 0; i < used; i++) {
      counts[numbers[i]]++;
    }
    var items = 0;
    for (var ordinal = 0; ordinal < ends.length; ordinal++) {
      items += ends[ordinal] > start(ordinal) ? 1 : 0;
    }
    return ValueCounts.facts(attribute, items, dictionary::text, counts);
  }
}
