package io.trawl.space.catalogue;

import io.trawl.space.catalogue.AttributeFacts.ValueCount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.OptionalDouble;
import java.util.PriorityQueue;

/** Turns counts per dictionary number into facts. */
final class ValueCounts {

  private ValueCounts() {}

  static AttributeFacts facts(
      Attribute attribute, int items, TextDictionary dictionary, int[] counts) {
    var rarestFirst =
        Comparator.comparingInt((Integer number) -> counts[number])
            .thenComparing(Comparator.reverseOrder());
    var common = new PriorityQueue<Integer>(rarestFirst);
    for (var number = 0; number < counts.length; number++) {
      common.add(number);
      if (common.size() > AttributeFacts.COMMON_VALUES) {
        common.remove();
      }
    }
    var values = new ArrayList<ValueCount>();
    while (!common.isEmpty()) {
      var number = common.remove();
      values.addFirst(new ValueCount(dictionary.text(number), counts[number]));
    }
    return new AttributeFacts(
        attribute,
        items,
        dictionary.size(),
        values,
        OptionalDouble.empty(),
        OptionalDouble.empty());
  }
}
