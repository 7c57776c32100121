package io.trawl.retrieval;

import java.util.Arrays;

/**
 * The best k of a stream of scored items, kept without ever sorting the stream.
 *
 * <p>Keys that beat the threshold are appended to a buffer of twice k; when it is full, a selection
 * in linear time keeps the best k, and the worst of them is the next threshold. An offer costs one
 * comparison of floats once the threshold is high, and constant time on average before.
 */
final class TopK {

  private static final int SMALL = 16;

  private int k;
  private final long[] keys;
  private int size;
  private long threshold = RankKey.NONE;
  private float lowest = Float.NEGATIVE_INFINITY;

  /**
   * @param k how many are kept, possibly none
   */
  TopK(int k) {
    this.k = k;
    this.keys = new long[Math.multiplyExact(2, k)];
  }

  void offer(float score, int ordinal) {
    if (score < lowest) {
      return;
    }
    var key = RankKey.of(score, ordinal);
    if (key <= threshold || k == 0) {
      return;
    }
    if (size == keys.length) {
      settle();
      if (key <= threshold) {
        return;
      }
    }
    keys[size++] = key;
  }

  /** The best, at most k, best first. */
  long[] sorted() {
    settle();
    Arrays.sort(keys, 0, size);
    var sorted = new long[size];
    for (var i = 0; i < size; i++) {
      sorted[i] = keys[size - 1 - i];
    }
    return sorted;
  }

  /** Takes the best n out, best first, and keeps at most {@code left} of the others from now on. */
  long[] take(int n, int left) {
    var sorted = sorted();
    var taken = Arrays.copyOf(sorted, Math.min(n, size));
    k = left;
    threshold = RankKey.NONE;
    lowest = Float.NEGATIVE_INFINITY;
    size = Math.min(left, sorted.length - taken.length);
    System.arraycopy(sorted, taken.length, keys, 0, size);
    return taken;
  }

  private void settle() {
    if (size <= k) {
      return;
    }
    partition(keys, size, k);
    size = k;
    threshold = keys[k - 1];
    lowest = RankKey.score(threshold);
  }

  /**
   * Moves the largest n of the first {@code size} keys to the front, the smallest of these at
   * {@code n - 1}: quickselect on the median of three. Keys are distinct. Falls back to sorting the
   * rest if the pivots keep failing, so no order of offers makes it quadratic.
   */
  private static void partition(long[] keys, int size, int n) {
    var from = 0;
    var to = size - 1;
    var patience = 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(size));
    while (to - from > SMALL && patience-- > 0) {
      var pivot = median(keys[from], keys[(from + to) >>> 1], keys[to]);
      var left = from;
      var right = to;
      while (left <= right) {
        while (keys[left] > pivot) {
          left++;
        }
        while (keys[right] < pivot) {
          right--;
        }
        if (left <= right) {
          swap(keys, left++, right--);
        }
      }
      if (n - 1 <= right) {
        to = right;
      } else if (n - 1 >= left) {
        from = left;
      } else {
        return;
      }
    }
    Arrays.sort(keys, from, to + 1);
    for (var i = 0; i < (to - from + 1) >>> 1; i++) {
      swap(keys, from + i, to - i);
    }
  }

  private static long median(long a, long b, long c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  private static void swap(long[] keys, int i, int j) {
    var kept = keys[i];
    keys[i] = keys[j];
    keys[j] = kept;
  }
}
