package io.trawl.space.catalogue;

import io.trawl.domain.Filter;
import io.trawl.retrieval.ItemSet;
import io.trawl.space.source.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** One number per item, NaN where the item lacks the attribute: no comparison holds for NaN. */
final class NumberColumn implements Column {

  private final double[] numbers;
  private int filled;

  NumberColumn(int items) {
    this.numbers = new double[items];
  }

  @Override
  public void append(@Nullable JsonNode value) {
    numbers[filled++] = value == null ? Double.NaN : value.number();
  }

  @Override
  public @Nullable AttributeValue value(int ordinal) {
    var number = numbers[ordinal];
    return Double.isNaN(number) ? null : new AttributeValue.Number(number);
  }

  @Override
  public ItemSet matching(List<Filter.Value> values) {
    // Adding zero turns -0.0 into 0.0, which the binary search would tell apart.
    var wanted =
        values.stream()
            .filter(Filter.Number.class::isInstance)
            .mapToDouble(value -> ((Filter.Number) value).value() + 0.0)
            .sorted()
            .toArray();
    if (wanted.length == 1) {
      return within(wanted[0], wanted[0]);
    }
    return ItemSet.where(
        numbers.length,
        ordinal -> {
          var number = numbers[ordinal];
          return !Double.isNaN(number) && Arrays.binarySearch(wanted, number + 0.0) >= 0;
        });
  }

  /** The items whose number lies within the bounds, both inclusive. */
  ItemSet within(double atLeast, double atMost) {
    var words = new long[(numbers.length + 63) >>> 6];
    for (var w = 0; w < words.length; w++) {
      var word = 0L;
      for (var i = w << 6; i < Math.min((w + 1) << 6, numbers.length); i++) {
        word |= (numbers[i] >= atLeast && numbers[i] <= atMost ? 1L : 0L) << i;
      }
      words[w] = word;
    }
    return ItemSet.ofWords(words, numbers.length);
  }

  @Override
  public AttributeFacts facts(Attribute attribute) {
    var present =
        Arrays.stream(numbers).filter(number -> !Double.isNaN(number)).summaryStatistics();
    var some = present.getCount() > 0;
    return new AttributeFacts(
        attribute,
        (int) present.getCount(),
        0,
        List.of(),
        some ? OptionalDouble.of(present.getMin()) : OptionalDouble.empty(),
        some ? OptionalDouble.of(present.getMax()) : OptionalDouble.empty());
  }
}
