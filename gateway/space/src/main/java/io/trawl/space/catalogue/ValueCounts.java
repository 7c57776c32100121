package io.trawl.space.catalogue;

import io.trawl.space.catalogue.AttributeFacts.ValueCount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.OptionalDouble;
import java.util.PriorityQueue;
import java.util.function.IntFunction;

/** Turns counts per value into facts. */
final class ValueCounts {

  private ValueCounts() {}

  /**
   * The facts of an attribute whose values are numbered.
   *
   * @param items how many items have it
   * @param texts what each number stands for
   * @param counts how many items have each
   */
  static AttributeFacts facts(
      Attribute attribute, int items, IntFunction<String> texts, int[] counts) {
    var rarestFirst =
        Comparator.comparingInt((Integer number) -> counts[number])
            .thenComparing(Comparator.reverseOrder());
    var common = new PriorityQueue<Integer>(rarestFirst);
    var distinct = 0;
    for (var number = 0; number < counts.length; number++) {
      if (counts[number] == 0) {
        continue;
      }
      distinct++;
      common.add(number);
      if (common.size() > AttributeFacts.COMMON_VALUES) {
        common.remove();
      }
    }
    var values = new ArrayList<ValueCount>();
    while (!common.isEmpty()) {
      var number = common.remove();
      values.addFirst(new ValueCount(texts.apply(number), counts[number]));
    }
    return new AttributeFacts(
        attribute, items, distinct, values, OptionalDouble.empty(), OptionalDouble.empty());
  }
}
