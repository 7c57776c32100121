package io.trawl.bench;

import java.util.Arrays;

/**
 * The row of a graph in the making: the closest so far, closest first, -1 where there are fewer.
 */
final class NearestRow {

  private final int[] ordinals;
  private final float[] closeness;

  NearestRow(int degree) {
    this.ordinals = new int[degree];
    this.closeness = new float[degree];
    Arrays.fill(ordinals, -1);
    Arrays.fill(closeness, Float.NEGATIVE_INFINITY);
  }

  int[] ordinals() {
    return ordinals;
  }

  void offer(int ordinal, float close) {
    if (close <= closeness[closeness.length - 1]) {
      return;
    }
    var at = closeness.length - 1;
    for (; at > 0 && closeness[at - 1] < close; at--) {
      closeness[at] = closeness[at - 1];
      ordinals[at] = ordinals[at - 1];
    }
    closeness[at] = close;
    ordinals[at] = ordinal;
  }
}
