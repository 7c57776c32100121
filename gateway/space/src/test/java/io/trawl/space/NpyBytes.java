package io.trawl.space;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes arrays as NumPy's {@code .npy} format 1.0. */
public final class NpyBytes {

  private NpyBytes() {}

  public static byte[] float32(float[][] rows) {
    var bytes = begin("<f4", rows.length, rows[0].length, Float.BYTES);
    for (var row : rows) {
      for (var number : row) {
        bytes.putFloat(number);
      }
    }
    return bytes.array();
  }

  public static byte[] float16(float[][] rows) {
    var bytes = begin("<f2", rows.length, rows[0].length, Short.BYTES);
    for (var row : rows) {
      for (var number : row) {
        bytes.putShort(Float.floatToFloat16(number));
      }
    }
    return bytes.array();
  }

  public static byte[] int32(int[][] rows) {
    var bytes = begin("<i4", rows.length, rows[0].length, Integer.BYTES);
    for (var row : rows) {
      for (var number : row) {
        bytes.putInt(number);
      }
    }
    return bytes.array();
  }

  /** One column. */
  public static byte[] uint8(byte... column) {
    return begin("|u1", column.length, 1, Byte.BYTES).put(column).array();
  }

  private static ByteBuffer begin(String type, int rows, int columns, int elementBytes) {
    var dictionary =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }"
            .formatted(type, rows, columns);
    // NumPy pads its header with spaces so that the elements begin at a multiple of 64.
    var padding = 63 - (10 + dictionary.length()) % 64;
    var header = dictionary + " ".repeat(padding) + "\n";
    return ByteBuffer.allocate(10 + header.length() + rows * columns * elementBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) header.length())
        .put(header.getBytes(StandardCharsets.ISO_8859_1));
  }
}
