package io.trawl.workers.client;

import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.buffer.Buffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Java arrays to the wire's little-endian bytes and back: one pass, one array, no boxes. */
final class TensorBytes {

  private static final VarHandle SHORT = littleEndian(short[].class);
  private static final VarHandle INT = littleEndian(int[].class);

  private TensorBytes() {}

  static Buffer ofFloats(float[] values) {
    byte[] bytes = new byte[size(values.length, Float.BYTES)];
    view(bytes).asFloatBuffer().put(values);
    return HeapBytes.wrap(bytes);
  }

  static Buffer ofDoubles(double[] values) {
    byte[] bytes = new byte[size(values.length, Double.BYTES)];
    view(bytes).asDoubleBuffer().put(values);
    return HeapBytes.wrap(bytes);
  }

  static Buffer ofLongs(long[] values) {
    byte[] bytes = new byte[size(values.length, Long.BYTES)];
    view(bytes).asLongBuffer().put(values);
    return HeapBytes.wrap(bytes);
  }

  static Buffer ofInts(int[] values) {
    byte[] bytes = new byte[size(values.length, Integer.BYTES)];
    view(bytes).asIntBuffer().put(values);
    return HeapBytes.wrap(bytes);
  }

  static Buffer ofBooleans(boolean[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return HeapBytes.wrap(bytes);
  }

  static Buffer halves(float[] values) {
    byte[] bytes = new byte[size(values.length, Short.BYTES)];
    for (int i = 0; i < values.length; i++) {
      SHORT.set(bytes, i * Short.BYTES, Float.floatToFloat16(values[i]));
    }
    return HeapBytes.wrap(bytes);
  }

  static Buffer brains(float[] values) {
    byte[] bytes = new byte[size(values.length, Short.BYTES)];
    for (int i = 0; i < values.length; i++) {
      SHORT.set(bytes, i * Short.BYTES, toBrain(values[i]));
    }
    return HeapBytes.wrap(bytes);
  }

  static Buffer ofStrings(byte[][] values) {
    long total = 0;
    for (byte[] value : values) {
      total += Integer.BYTES + (long) value.length;
    }
    byte[] bytes = new byte[Math.toIntExact(total)];
    int at = 0;
    for (byte[] value : values) {
      INT.set(bytes, at, value.length);
      System.arraycopy(value, 0, bytes, at + Integer.BYTES, value.length);
      at += Integer.BYTES + value.length;
    }
    return HeapBytes.wrap(bytes);
  }

  static float[] floats(HeapBytes bytes) {
    float[] values = new float[bytes.length() / Float.BYTES];
    view(bytes).asFloatBuffer().get(values);
    return values;
  }

  static float[] fromHalves(HeapBytes bytes) {
    float[] values = new float[bytes.length() / Short.BYTES];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.float16ToFloat(shortAt(bytes, i));
    }
    return values;
  }

  static float[] fromBrains(HeapBytes bytes) {
    float[] values = new float[bytes.length() / Short.BYTES];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(shortAt(bytes, i) << 16);
    }
    return values;
  }

  static long[] longs(HeapBytes bytes) {
    long[] values = new long[bytes.length() / Long.BYTES];
    view(bytes).asLongBuffer().get(values);
    return values;
  }

  static long[] widenedInts(HeapBytes bytes) {
    long[] values = new long[bytes.length() / Integer.BYTES];
    for (int i = 0; i < values.length; i++) {
      values[i] = (int) INT.get(bytes.array(), bytes.offset() + i * Integer.BYTES);
    }
    return values;
  }

  static byte[][] strings(HeapBytes bytes, int elements) {
    byte[][] values = new byte[elements][];
    int at = bytes.offset();
    for (int i = 0; i < elements; i++) {
      int length = (int) INT.get(bytes.array(), at);
      at += Integer.BYTES;
      values[i] = Arrays.copyOfRange(bytes.array(), at, at + length);
      at += length;
    }
    return values;
  }

  /** Refuses bytes that are not exactly so many strings behind their lengths. */
  static void checkStrings(String name, long elements, HeapBytes bytes) {
    int at = 0;
    for (long i = 0; i < elements; i++) {
      int left = bytes.length() - at - Integer.BYTES;
      long length =
          left < 0
              ? Integer.BYTES
              : Integer.toUnsignedLong((int) INT.get(bytes.array(), bytes.offset() + at));
      if (left < 0 || length > left) {
        throw new IllegalArgumentException(
            "tensor '%s': element %d of BYTES ends at byte %d of %d (expected %d elements inside)"
                .formatted(
                    name,
                    i,
                    at + (left < 0 ? 0L : Integer.BYTES) + length,
                    bytes.length(),
                    elements));
      }
      at += Integer.BYTES + (int) length;
    }
    if (at != bytes.length()) {
      throw new IllegalArgumentException(
          "tensor '%s': %d raw bytes (expected %d, as the lengths of %d elements of BYTES say)"
              .formatted(name, bytes.length(), at, elements));
    }
  }

  /** The upper 16 bits, rounded to nearest, ties to even; a NaN stays one. */
  private static short toBrain(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }

  private static short shortAt(HeapBytes bytes, int index) {
    return (short) SHORT.get(bytes.array(), bytes.offset() + index * Short.BYTES);
  }

  private static ByteBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer view(HeapBytes bytes) {
    return ByteBuffer.wrap(bytes.array(), bytes.offset(), bytes.length())
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int size(int elements, int elementBytes) {
    return Math.multiplyExact(elements, elementBytes);
  }

  private static VarHandle littleEndian(Class<?> view) {
    return MethodHandles.byteArrayViewVarHandle(view, ByteOrder.LITTLE_ENDIAN);
  }
}
