package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A named tensor in the wire's own form: little-endian, row-major, no padding. BYTES elements each
 * stand behind their length as a uint32; BOOL is one byte.
 *
 * <p>The raw buffer is shared, not copied: whoever hands one in leaves it alone afterwards. A
 * tensor out of an answer is a window on the received message and keeps all of it in memory; copy
 * what shall outlive the request.
 *
 * @param name never empty
 * @param datatype the element type
 * @param shape no negative dimension; an empty shape is a scalar of one element
 * @param raw as many bytes as shape and type ask for
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out; equals compares contents
public record Tensor(String name, Datatype datatype, long[] shape, Buffer raw) {

  public Tensor {
    requireNonNull(name, "name");
    requireNonNull(datatype, "datatype");
    requireNonNull(raw, "raw");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name: '' (expected a tensor's name)");
    }
    shape = shape.clone();
    long elements = elements(name, shape);
    if (datatype == Datatype.BYTES) {
      TensorBytes.checkStrings(name, elements, HeapBytes.of(raw));
    } else if (raw.length() != bytes(name, elements, datatype)) {
      throw new IllegalArgumentException(
          "tensor '%s': %d raw bytes (expected %d, %d bytes for each of %d elements of %s%s)"
              .formatted(
                  name,
                  raw.length(),
                  elements * datatype.sizeBytes(),
                  datatype.sizeBytes(),
                  elements,
                  datatype,
                  Arrays.toString(shape)));
    }
  }

  public static Tensor fp32(String name, long[] shape, float... values) {
    return counted(name, Datatype.FP32, shape, values.length, TensorBytes.ofFloats(values));
  }

  public static Tensor fp64(String name, long[] shape, double... values) {
    return counted(name, Datatype.FP64, shape, values.length, TensorBytes.ofDoubles(values));
  }

  /** Rounds each value to the nearest half, ties to even; beyond 65504 it becomes infinite. */
  public static Tensor fp16(String name, long[] shape, float... values) {
    return counted(name, Datatype.FP16, shape, values.length, TensorBytes.halves(values));
  }

  /** Rounds each value to the nearest bfloat16, ties to even. */
  public static Tensor bf16(String name, long[] shape, float... values) {
    return counted(name, Datatype.BF16, shape, values.length, TensorBytes.brains(values));
  }

  public static Tensor int64(String name, long[] shape, long... values) {
    return counted(name, Datatype.INT64, shape, values.length, TensorBytes.ofLongs(values));
  }

  public static Tensor int32(String name, long[] shape, int... values) {
    return counted(name, Datatype.INT32, shape, values.length, TensorBytes.ofInts(values));
  }

  public static Tensor bool(String name, long[] shape, boolean... values) {
    return counted(name, Datatype.BOOL, shape, values.length, TensorBytes.ofBooleans(values));
  }

  public static Tensor bytes(String name, long[] shape, byte[]... values) {
    return counted(name, Datatype.BYTES, shape, values.length, TensorBytes.ofStrings(values));
  }

  /** BYTES of the values' UTF-8. */
  public static Tensor text(String name, long[] shape, String... values) {
    byte[][] encoded = new byte[values.length][];
    Arrays.setAll(encoded, i -> values[i].getBytes(StandardCharsets.UTF_8));
    return bytes(name, shape, encoded);
  }

  /** A copy. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** The product of the dimensions. */
  public long elements() {
    return elements(name, shape);
  }

  /** Whether the shape is exactly this one. */
  public boolean hasShape(long... expected) {
    return Arrays.equals(shape, expected);
  }

  /** The values of an FP32, FP16 or BF16 tensor, row-major, in a new array. */
  public float[] toFloats() {
    HeapBytes bytes = HeapBytes.of(raw);
    return switch (datatype) {
      case FP32 -> TensorBytes.floats(bytes);
      case FP16 -> TensorBytes.fromHalves(bytes);
      case BF16 -> TensorBytes.fromBrains(bytes);
      default -> throw unreadable("FP32, FP16 or BF16");
    };
  }

  /** The values of an INT64 tensor, or of an INT32 one widened, row-major, in a new array. */
  public long[] toLongs() {
    HeapBytes bytes = HeapBytes.of(raw);
    return switch (datatype) {
      case INT64 -> TensorBytes.longs(bytes);
      case INT32 -> TensorBytes.widenedInts(bytes);
      default -> throw unreadable("INT64 or INT32");
    };
  }

  /** The elements of a BYTES tensor, row-major, each in a new array. */
  public byte[][] toBytesElements() {
    if (datatype != Datatype.BYTES) {
      throw unreadable("BYTES");
    }
    return TensorBytes.strings(HeapBytes.of(raw), Math.toIntExact(elements()));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor(var theirName, var theirType, var theirShape, var theirRaw)
        && name.equals(theirName)
        && datatype == theirType
        && Arrays.equals(shape, theirShape)
        && raw.equals(theirRaw);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * name.hashCode() + Arrays.hashCode(shape)) + raw.hashCode();
  }

  @Override
  public String toString() {
    return name + " " + datatype + Arrays.toString(shape) + ", " + raw.length() + " bytes";
  }

  private static Tensor counted(
      String name, Datatype datatype, long[] shape, int values, Buffer raw) {
    long elements = elements(name, shape);
    if (elements != values) {
      throw new IllegalArgumentException(
          "tensor '%s': %d values (expected %d for %s%s)"
              .formatted(name, values, elements, datatype, Arrays.toString(shape)));
    }
    return new Tensor(name, datatype, shape, raw);
  }

  private static long elements(String name, long[] shape) {
    long product = 1;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException(
            "tensor '%s': shape %s (expected no negative dimension)"
                .formatted(name, Arrays.toString(shape)));
      }
      if (product != 0 && dimension > Integer.MAX_VALUE / product) {
        // A zero further on would make it empty; no honest tensor is written so.
        throw new IllegalArgumentException(
            "tensor '%s': shape %s (expected at most %d elements)"
                .formatted(name, Arrays.toString(shape), Integer.MAX_VALUE));
      }
      product *= dimension;
    }
    return product;
  }

  private static long bytes(String name, long elements, Datatype datatype) {
    long bytes = elements * datatype.sizeBytes();
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "tensor '%s': %d bytes (expected at most %d)".formatted(name, bytes, Integer.MAX_VALUE));
    }
    return bytes;
  }

  private IllegalStateException unreadable(String readable) {
    return new IllegalStateException(
        "tensor '%s': type %s (expected %s)".formatted(name, datatype, readable));
  }
}
