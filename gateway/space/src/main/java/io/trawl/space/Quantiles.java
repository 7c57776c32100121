package io.trawl.space;

import java.util.Arrays;

/** How numbers spread. */
public record Quantiles(double least, double median, double greatest) {

  /** The quantiles of some numbers, which are sorted in place; all zero where there are none. */
  static Quantiles of(double[] numbers) {
    Arrays.sort(numbers);
    return new Quantiles(at(numbers, 0), at(numbers, 0.5), at(numbers, 1));
  }

  private static double at(double[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[(int) Math.round(share * (sorted.length - 1))];
  }
}
