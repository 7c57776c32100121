package io.trawl.workers.tensors;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.vertx.core.json.JsonArray;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Tensor data as JSON arrays, flat or nested, and back. Half precision has no JSON form. */
final class JsonTensors {
  private static final BigInteger UINT64_LIMIT = BigInteger.TWO.pow(64);

  private JsonTensors() {}

  /**
   * The raw layout of the data of an input.
   *
   * @throws InvalidTensors if an element is not of the type
   */
  static ByteString toRaw(String input, Datatype type, JsonArray data) {
    List<Object> elements = new ArrayList<>();
    flatten(data, elements);
    if (type == Datatype.BYTES) {
      List<ByteString> strings = new ArrayList<>(elements.size());
      for (Object element : elements) {
        strings.add(ByteString.copyFromUtf8(expect(String.class, input, type, element)));
      }
      return BytesTensors.encode(strings);
    }
    checkJsonForm("input", input, type);
    ByteBuffer raw =
        ByteBuffer.allocate(Math.multiplyExact(elements.size(), type.sizeBytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (Object element : elements) {
      put(raw, input, type, element);
    }
    return UnsafeByteOperations.unsafeWrap(raw.flip());
  }

  private static void checkJsonForm(String direction, String name, Datatype type) {
    if (type == Datatype.FP16 || type == Datatype.BF16) {
      throw invalid(
          "sending %s data via JSON is not supported. Please use the binary data format for %s"
              + " '%s'",
          type, direction, name);
    }
  }

  private static void flatten(JsonArray data, List<Object> elements) {
    for (int i = 0; i < data.size(); i++) {
      Object element = data.getValue(i);
      if (element instanceof JsonArray nested) {
        flatten(nested, elements);
      } else {
        elements.add(element == null ? "null" : element);
      }
    }
  }

  private static void put(ByteBuffer raw, String input, Datatype type, Object element) {
    switch (type) {
      case BOOL -> raw.put((byte) (expect(Boolean.class, input, type, element) ? 1 : 0));
      case INT8 -> raw.put((byte) integer(input, type, element, -(1L << 7), (1L << 7) - 1));
      case INT16 ->
          raw.putShort((short) integer(input, type, element, -(1L << 15), (1L << 15) - 1));
      case INT32 -> raw.putInt((int) integer(input, type, element, -(1L << 31), (1L << 31) - 1));
      case INT64 -> raw.putLong(integer(input, type, element, Long.MIN_VALUE, Long.MAX_VALUE));
      case UINT8 -> raw.put((byte) integer(input, type, element, 0, (1L << 8) - 1));
      case UINT16 -> raw.putShort((short) integer(input, type, element, 0, (1L << 16) - 1));
      case UINT32 -> raw.putInt((int) integer(input, type, element, 0, (1L << 32) - 1));
      case UINT64 -> raw.putLong(unsignedLong(input, type, element));
      case FP32 -> raw.putFloat(expect(Number.class, input, type, element).floatValue());
      case FP64 -> raw.putDouble(expect(Number.class, input, type, element).doubleValue());
      case FP16, BF16, BYTES -> throw new IllegalStateException(type + " is handled elsewhere");
    }
  }

  private static long integer(String input, Datatype type, Object element, long min, long max) {
    BigInteger value = whole(input, type, element);
    if (value.bitLength() > 63 || value.longValue() < min || value.longValue() > max) {
      throw invalid("input '%s': %s does not fit %s", input, value, type);
    }
    return value.longValue();
  }

  private static long unsignedLong(String input, Datatype type, Object element) {
    BigInteger value = whole(input, type, element);
    if (value.signum() < 0 || value.compareTo(UINT64_LIMIT) >= 0) {
      throw invalid("input '%s': %s does not fit %s", input, value, type);
    }
    return value.longValue();
  }

  private static BigInteger whole(String input, Datatype type, Object element) {
    Number number = expect(Number.class, input, type, element);
    return switch (number) {
      case Integer value -> BigInteger.valueOf(value);
      case Long value -> BigInteger.valueOf(value);
      case BigInteger value -> value;
      default -> {
        // 1.0 and 1e3 are whole numbers too.
        double value = number.doubleValue();
        if (!Double.isFinite(value) || value != Math.rint(value)) {
          throw invalid("input '%s': %s does not fit %s", input, number, type);
        }
        yield new BigDecimal(value).toBigIntegerExact();
      }
    };
  }

  private static <T> T expect(Class<T> wanted, String input, Datatype type, Object element) {
    if (!wanted.isInstance(element)) {
      throw invalid(
          "input '%s' is %s, but an element of its data is not a %s: %s",
          input, type, wanted.getSimpleName().toLowerCase(Locale.ROOT), element);
    }
    return wanted.cast(element);
  }

  /** The elements of an output, flat. */
  static JsonArray toJson(String output, Datatype type, ByteString data) {
    checkJsonForm("output", output, type);
    JsonArray json = new JsonArray();
    if (type == Datatype.BYTES) {
      BytesTensors.elements(data).forEach(element -> json.add(element.toStringUtf8()));
      return json;
    }
    ByteBuffer raw = data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    while (raw.hasRemaining()) {
      json.add(next(raw, type));
    }
    return json;
  }

  private static Object next(ByteBuffer raw, Datatype type) {
    return switch (type) {
      case BOOL -> raw.get() != 0;
      case INT8 -> (int) raw.get();
      case UINT8 -> Byte.toUnsignedInt(raw.get());
      case INT16 -> (int) raw.getShort();
      case UINT16 -> Short.toUnsignedInt(raw.getShort());
      case INT32 -> raw.getInt();
      case UINT32 -> Integer.toUnsignedLong(raw.getInt());
      case INT64 -> raw.getLong();
      case UINT64 -> new BigInteger(Long.toUnsignedString(raw.getLong()));
      case FP32 -> raw.getFloat();
      case FP64 -> raw.getDouble();
      case FP16, BF16, BYTES -> throw new IllegalStateException(type + " is handled elsewhere");
    };
  }

  private static InvalidTensors invalid(String format, Object... arguments) {
    return new InvalidTensors(format.formatted(arguments));
  }
}
