package io.trawl.workers.testkit;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor as it travels, in raw contents. Nothing is checked: a test may want sizes that lie.
 *
 * @param datatype the wire's name of the element type
 * @param raw little-endian, row-major
 */
public record RawTensor(String name, String datatype, List<Long> shape, ByteString raw) {

  public RawTensor {
    requireNonNull(name, "name");
    requireNonNull(datatype, "datatype");
    requireNonNull(raw, "raw");
    shape = List.copyOf(shape);
  }

  /** The shape of a tensor, to be read as a sentence: {@code fp32("y", shape(1, 2), 3, 4)}. */
  public static List<Long> shape(long... dimensions) {
    return Arrays.stream(dimensions).boxed().toList();
  }

  public static RawTensor fp32(String name, List<Long> shape, float... values) {
    ByteBuffer bytes = littleEndian(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return new RawTensor(name, "FP32", shape, ByteString.copyFrom(bytes));
  }

  public static RawTensor fp16(String name, List<Long> shape, float... values) {
    ByteBuffer bytes = littleEndian(values.length * Short.BYTES);
    for (float value : values) {
      bytes.putShort(Float.floatToFloat16(value));
    }
    return new RawTensor(name, "FP16", shape, ByteString.copyFrom(bytes.flip()));
  }

  public static RawTensor int64(String name, List<Long> shape, long... values) {
    ByteBuffer bytes = littleEndian(values.length * Long.BYTES);
    bytes.asLongBuffer().put(values);
    return new RawTensor(name, "INT64", shape, ByteString.copyFrom(bytes));
  }

  public static RawTensor text(String name, List<Long> shape, String... values) {
    ByteString raw = ByteString.EMPTY;
    for (String value : values) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      ByteBuffer length = littleEndian(Integer.BYTES).putInt(0, utf8.length);
      raw = raw.concat(ByteString.copyFrom(length)).concat(ByteString.copyFrom(utf8));
    }
    return new RawTensor(name, "BYTES", shape, raw);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
