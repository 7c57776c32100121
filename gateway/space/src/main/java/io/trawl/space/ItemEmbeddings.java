package io.trawl.space;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The item embeddings of a space: what the backbone reads at item positions, one row of {@link
 * #width} numbers per ordinal, stored as float32 or float16, read as float32.
 */
public final class ItemEmbeddings {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment rows;
  private final boolean half;
  private final int count;
  private final int width;

  ItemEmbeddings(Npy array, int count, int width) {
    this.rows = array.data();
    this.half = array.type() == Npy.Type.FLOAT16;
    this.count = count;
    this.width = width;
  }

  /** N, the number of items. */
  public int count() {
    return count;
  }

  /** E, the numbers per row. */
  public int width() {
    return width;
  }

  /** Copies the row of an ordinal into {@code into}, from index {@code at} on. */
  public void copyRow(int ordinal, float[] into, int at) {
    copyRow(ordinal, MemorySegment.ofArray(into), (long) at * Float.BYTES, ByteOrder.nativeOrder());
  }

  /** Copies the row of an ordinal as little-endian float32 into bytes, from index {@code at} on. */
  public void copyRowBytes(int ordinal, byte[] into, int at) {
    copyRow(ordinal, MemorySegment.ofArray(into), at, ByteOrder.LITTLE_ENDIAN);
  }

  private void copyRow(int ordinal, MemorySegment into, long atBytes, ByteOrder order) {
    if (ordinal < 0 || ordinal >= count) {
      throw new IndexOutOfBoundsException(
          "ordinal is %d; expected 0 to %d".formatted(ordinal, count - 1));
    }
    var target = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order);
    var first = (long) ordinal * width;
    if (!half) {
      MemorySegment.copy(rows, FLOAT, first * Float.BYTES, into, target, atBytes, width);
      return;
    }
    for (var e = 0; e < width; e++) {
      var bits = rows.get(SHORT, (first + e) * Short.BYTES);
      into.set(target, atBytes + (long) e * Float.BYTES, Float.float16ToFloat(bits));
    }
  }
}
