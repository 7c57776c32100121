package io.trawl.workers.tensors;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tensor data as JSON arrays, flat or nested, and back: what is written can be read again. Half
 * precision has no JSON form.
 *
 * <p>One rule for what a type cannot hold: it is refused, never changed. Rounding to the nearest
 * number of the type is no change; not a number and the infinities are values of every floating
 * type and of no other; text that is not Unicode has no JSON form.
 */
final class JsonTensors {
  private static final int SHOWN_CHARACTERS = 60;

  private final String tensor;
  private final Datatype type;
  private int index;

  private JsonTensors(String direction, String name, Datatype type) {
    this.tensor = direction + " '" + name + "'";
    this.type = type;
    if (type == Datatype.FP16 || type == Datatype.BF16) {
      throw new InvalidTensors(
          "sending %s data via JSON is not supported. Please use the binary data format for %s"
              .formatted(type, tensor));
    }
  }

  /**
   * The raw layout of the data of an input.
   *
   * @throws InvalidTensors if an element is not of the type
   */
  static ByteString toRaw(String input, Datatype type, JsonArray data) {
    List<@Nullable Object> elements = new ArrayList<>();
    flatten(data, elements);
    return new JsonTensors("input", input, type).toRaw(elements);
  }

  private static void flatten(JsonArray data, List<@Nullable Object> elements) {
    for (int i = 0; i < data.size(); i++) {
      Object element = data.getValue(i);
      if (element instanceof JsonArray nested) {
        flatten(nested, elements);
      } else {
        elements.add(element);
      }
    }
  }

  private ByteString toRaw(List<@Nullable Object> elements) {
    if (type == Datatype.BYTES) {
      List<ByteString> strings = new ArrayList<>(elements.size());
      for (; index < elements.size(); index++) {
        strings.add(utf8(elements.get(index)));
      }
      return BytesTensors.encode(strings);
    }
    ByteBuffer raw =
        ByteBuffer.allocate(Math.multiplyExact(elements.size(), type.sizeBytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (; index < elements.size(); index++) {
      put(raw, elements.get(index));
    }
    return UnsafeByteOperations.unsafeWrap(raw.flip());
  }

  private ByteString utf8(@Nullable Object element) {
    String text = expect(String.class, element);
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw misfit("half a surrogate pair");
    }
    return ByteString.copyFromUtf8(text);
  }

  private void put(ByteBuffer raw, @Nullable Object element) {
    switch (type) {
      case BOOL -> raw.put((byte) (expect(Boolean.class, element) ? 1 : 0));
      case INT8, UINT8 -> raw.put((byte) integer(element));
      case INT16, UINT16 -> raw.putShort((short) integer(element));
      case INT32, UINT32 -> raw.putInt((int) integer(element));
      case INT64, UINT64 -> raw.putLong(integer(element));
      case FP32 -> raw.putFloat(float32(element));
      case FP64 -> raw.putDouble(float64(element));
      case FP16, BF16, BYTES -> throw new IllegalStateException(type + " is handled elsewhere");
    }
  }

  private float float32(@Nullable Object element) {
    double value = float64(element);
    if (Float.isInfinite((float) value) && !Double.isInfinite(value)) {
      throw misfit(element);
    }
    return (float) value;
  }

  private double float64(@Nullable Object element) {
    Number number = expect(Number.class, element);
    double value = number.doubleValue();
    if (Double.isInfinite(value) && !(number instanceof Double)) {
      throw misfit(element);
    }
    return value;
  }

  /** The low bits of a whole number that the type holds. */
  private long integer(@Nullable Object element) {
    BigInteger value = whole(element);
    int bits = 8 * type.sizeBytes();
    boolean fits =
        type.name().startsWith("U")
            ? value.signum() >= 0 && value.bitLength() <= bits
            : value.bitLength() < bits;
    if (!fits) {
      throw misfit(value);
    }
    return value.longValue();
  }

  private BigInteger whole(@Nullable Object element) {
    return switch (expect(Number.class, element)) {
      case Integer value -> BigInteger.valueOf(value);
      case Long value -> BigInteger.valueOf(value);
      case BigInteger value -> value;
      // 1.0 and 1e3 are whole numbers too.
      case Double value when Double.isFinite(value) && value == Math.rint(value) ->
          new BigDecimal(value).toBigIntegerExact();
      default -> throw misfit(element);
    };
  }

  private InvalidTensors misfit(@Nullable Object value) {
    return new InvalidTensors(
        "%s[%d]: %s does not fit %s".formatted(tensor, index, shown(value), type));
  }

  private static String shown(@Nullable Object value) {
    String all = String.valueOf(value);
    return all.length() <= SHOWN_CHARACTERS ? all : all.substring(0, SHOWN_CHARACTERS) + "…";
  }

  private <T> T expect(Class<T> wanted, @Nullable Object element) {
    if (!wanted.isInstance(element)) {
      throw new InvalidTensors(
          "%s is %s, but [%d] of its data is not a %s: %s"
              .formatted(
                  tensor,
                  type,
                  index,
                  wanted.getSimpleName().toLowerCase(Locale.ROOT),
                  Quoted.value(element)));
    }
    return wanted.cast(element);
  }

  /**
   * Writes the elements of an output as a flat array.
   *
   * @throws InvalidTensors if an element has no JSON form
   */
  static void write(JsonGenerator json, String output, Datatype type, ByteString data)
      throws IOException {
    JsonTensors tensor = new JsonTensors("output", output, type);
    json.writeStartArray();
    if (type == Datatype.BYTES) {
      for (ByteString element : BytesTensors.elements(data)) {
        tensor.text(json, element);
      }
    } else {
      ByteBuffer raw = data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      while (raw.hasRemaining()) {
        write(json, raw, type);
      }
    }
    json.writeEndArray();
  }

  private void text(JsonGenerator json, ByteString element) throws IOException {
    if (!element.isValidUtf8()) {
      throw new InvalidTensors(
          "%s[%d] is not UTF-8: ask for it as binary data".formatted(tensor, index));
    }
    json.writeString(element.toStringUtf8());
    index++;
  }

  private static void write(JsonGenerator json, ByteBuffer raw, Datatype type) throws IOException {
    switch (type) {
      case BOOL -> json.writeBoolean(raw.get() != 0);
      case INT8 -> json.writeNumber((int) raw.get());
      case UINT8 -> json.writeNumber(Byte.toUnsignedInt(raw.get()));
      case INT16 -> json.writeNumber((int) raw.getShort());
      case UINT16 -> json.writeNumber(Short.toUnsignedInt(raw.getShort()));
      case INT32 -> json.writeNumber(raw.getInt());
      case UINT32 -> json.writeNumber(Integer.toUnsignedLong(raw.getInt()));
      case INT64 -> json.writeNumber(raw.getLong());
      case UINT64 -> json.writeNumber(Long.toUnsignedString(raw.getLong()));
      case FP32 -> json.writeNumber(raw.getFloat());
      case FP64 -> json.writeNumber(raw.getDouble());
      case FP16, BF16, BYTES -> throw new IllegalStateException(type + " is handled elsewhere");
    }
  }
}
