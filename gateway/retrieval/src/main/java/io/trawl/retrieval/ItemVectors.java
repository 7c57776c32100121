package io.trawl.retrieval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The item vectors V of a space: float32, row-major, one row per ordinal, little-endian, usually a
 * memory map.
 *
 * @param segment exactly {@code count * width} floats
 * @param count N, the number of items
 * @param width H, the numbers per vector
 */
public record ItemVectors(MemorySegment segment, int count, int width) {

  /** How a number of a row is read. */
  public static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public ItemVectors {
    Objects.requireNonNull(segment, "segment");
    if (count < 0 || width < 1) {
      throw new IllegalArgumentException(
          "item vectors are " + count + " x " + width + "; expected a count >= 0 and a width >= 1");
    }
    var expected = (long) count * width * Float.BYTES;
    if (segment.byteSize() != expected) {
      throw new IllegalArgumentException(
          "item vectors hold %d bytes; expected %d for %d x %d float32"
              .formatted(segment.byteSize(), expected, count, width));
    }
  }

  /** Item vectors on the heap, for tests and small catalogues. */
  public static ItemVectors of(float[] rowMajor, int width) {
    if (width < 1 || rowMajor.length % width != 0) {
      throw new IllegalArgumentException(
          "%d numbers do not make rows of width %d".formatted(rowMajor.length, width));
    }
    return new ItemVectors(MemorySegment.ofArray(rowMajor), rowMajor.length / width, width);
  }

  /** Byte offset of the row of an ordinal. */
  public long offset(int ordinal) {
    return (long) ordinal * width * Float.BYTES;
  }

  /** The row of an ordinal, copied. */
  public float[] row(int ordinal) {
    var row = new float[width];
    MemorySegment.copy(segment, FLOAT, offset(ordinal), row, 0, width);
    return row;
  }

  /** The rows of some ordinals, copied to the heap in that order. */
  public ItemVectors rows(int[] ordinals) {
    var rows = new float[ordinals.length * width];
    for (var i = 0; i < ordinals.length; i++) {
      MemorySegment.copy(segment, FLOAT, offset(ordinals[i]), rows, i * width, width);
    }
    return of(rows, width);
  }

  public float at(int ordinal, int d) {
    return segment.get(FLOAT, offset(ordinal) + (long) d * Float.BYTES);
  }
}
