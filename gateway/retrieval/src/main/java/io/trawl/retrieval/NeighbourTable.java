package io.trawl.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The neighbour graph of a space: int32, one row of {@code degree} ordinals per item, nearest
 * first, the item itself left out, -1 where there are fewer.
 *
 * @param segment exactly {@code count * degree} ints
 * @param count N, the number of items
 * @param degree G, the entries per row
 */
public record NeighbourTable(MemorySegment segment, int count, int degree) {

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public NeighbourTable {
    Objects.requireNonNull(segment, "segment");
    var expected = (long) count * degree * Integer.BYTES;
    if (count < 0 || degree < 0 || segment.byteSize() != expected) {
      throw new IllegalArgumentException(
          "neighbours hold %d bytes; expected %d for %d x %d int32"
              .formatted(segment.byteSize(), expected, count, degree));
    }
  }

  /** A table on the heap, for tests and small catalogues. */
  public static NeighbourTable of(int[] rowMajor, int degree) {
    if (degree < 1 || rowMajor.length % degree != 0) {
      throw new IllegalArgumentException(
          "%d numbers do not make rows of degree %d".formatted(rowMajor.length, degree));
    }
    return new NeighbourTable(MemorySegment.ofArray(rowMajor), rowMajor.length / degree, degree);
  }

  /** The neighbour at a rank (0 is the nearest), or -1 where there is none. */
  public int at(int ordinal, int rank) {
    return segment.get(INT, ((long) ordinal * degree + rank) * Integer.BYTES);
  }

  /**
   * The nearest neighbours of each of some items, as {@link Search#supply} takes them.
   *
   * @param count how many of each, at most; rows are shorter where the table holds fewer
   */
  public int[][] lists(int[] ordinals, int count) {
    var lists = new int[ordinals.length][];
    for (var i = 0; i < ordinals.length; i++) {
      var row = new int[Math.min(count, degree)];
      var start = (long) Objects.checkIndex(ordinals[i], this.count) * degree * Integer.BYTES;
      MemorySegment.copy(segment, INT, start, row, 0, row.length);
      lists[i] = row;
    }
    return lists;
  }
}
