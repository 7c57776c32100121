package io.trawl.workers.tensors;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.trawl.workers.protocol.InferTensorContents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * Turns the typed contents of a tensor into the raw layout. Half precision has no typed form, and
 * the small integers travel as wider ones, so that they must be checked for range.
 */
public final class TypedContents {
  /** One type for each field of the message. */
  private static final List<Datatype> FIELDS =
      List.of(
          Datatype.BOOL,
          Datatype.INT32,
          Datatype.INT64,
          Datatype.UINT32,
          Datatype.UINT64,
          Datatype.FP32,
          Datatype.FP64,
          Datatype.BYTES);

  private TypedContents() {}

  /**
   * @throws InvalidTensors if there are none, or some of another type, or not as many as the shape
   *     says; texts are counted by whoever reads them
   */
  public static ByteString toRaw(
      String input, String model, Datatype type, InferTensorContents contents, long elements) {
    String tensor = "input '" + input + "'";
    int given = count(tensor, type, contents);
    other(type, contents)
        .ifPresent(
            other -> {
              throw invalid(
                  "unexpected explicit tensor data for input tensor '%s' for model '%s' of type"
                      + " '%s', expected datatype '%s'",
                  input, model, other, type);
            });
    if (given == 0 && elements > 0) {
      throw invalid(
          "unable to find data for input tensor '%s' for model '%s' in request.", input, model);
    }
    if (type != Datatype.BYTES && given != elements) {
      throw invalid(
          "input byte size mismatch for input '%s' for model '%s'. Expected %d, got %d",
          input, model, elements * type.sizeBytes(), (long) given * type.sizeBytes());
    }
    return raw(tensor, type, contents);
  }

  /**
   * All contents of this type, however many there are.
   *
   * @param tensor how a message names it: {@code "input 'x'"}
   * @throws InvalidTensors if the type has no typed contents, or cannot hold a value
   */
  public static ByteString raw(String tensor, Datatype type, InferTensorContents contents) {
    if (type == Datatype.BYTES) {
      return BytesTensors.encode(contents.getBytesContentsList());
    }
    int count = count(tensor, type, contents);
    ByteBuffer raw =
        ByteBuffer.allocate(Math.multiplyExact(count, type.sizeBytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    fill(raw, tensor, type, contents, count);
    return UnsafeByteOperations.unsafeWrap(raw.flip());
  }

  /** The type of the first contents that are not of the expected one: never data. */
  public static Optional<Datatype> other(Datatype expected, InferTensorContents contents) {
    return FIELDS.stream()
        .filter(type -> type != field(expected) && count("", type, contents) > 0)
        .findFirst();
  }

  private static int count(String tensor, Datatype type, InferTensorContents contents) {
    return switch (type) {
      case BOOL -> contents.getBoolContentsCount();
      case INT8, INT16, INT32 -> contents.getIntContentsCount();
      case INT64 -> contents.getInt64ContentsCount();
      case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
      case UINT64 -> contents.getUint64ContentsCount();
      case FP32 -> contents.getFp32ContentsCount();
      case FP64 -> contents.getFp64ContentsCount();
      case BYTES -> contents.getBytesContentsCount();
      case FP16, BF16 ->
          throw invalid("%s is %s, which has no typed contents: send it raw", tensor, type);
    };
  }

  private static Datatype field(Datatype type) {
    return switch (type) {
      case INT8, INT16 -> Datatype.INT32;
      case UINT8, UINT16 -> Datatype.UINT32;
      default -> type;
    };
  }

  private static void fill(
      ByteBuffer raw, String tensor, Datatype type, InferTensorContents contents, int count) {
    for (int i = 0; i < count; i++) {
      switch (type) {
        case BOOL -> raw.put((byte) (contents.getBoolContents(i) ? 1 : 0));
        case INT8 -> raw.put((byte) signed(tensor, i, type, contents.getIntContents(i), 8));
        case INT16 -> raw.putShort((short) signed(tensor, i, type, contents.getIntContents(i), 16));
        case INT32 -> raw.putInt(contents.getIntContents(i));
        case INT64 -> raw.putLong(contents.getInt64Contents(i));
        case UINT8 -> raw.put((byte) unsigned(tensor, i, type, contents.getUintContents(i), 8));
        case UINT16 ->
            raw.putShort((short) unsigned(tensor, i, type, contents.getUintContents(i), 16));
        case UINT32 -> raw.putInt(contents.getUintContents(i));
        case UINT64 -> raw.putLong(contents.getUint64Contents(i));
        case FP32 -> raw.putFloat(contents.getFp32Contents(i));
        case FP64 -> raw.putDouble(contents.getFp64Contents(i));
        case FP16, BF16, BYTES -> throw new IllegalStateException(type + " is handled elsewhere");
      }
    }
  }

  private static int signed(String tensor, int index, Datatype type, int value, int bits) {
    int limit = 1 << (bits - 1);
    if (value < -limit || value >= limit) {
      throw invalid("%s[%d]: %d does not fit %s", tensor, index, value, type);
    }
    return value;
  }

  private static int unsigned(String tensor, int index, Datatype type, int value, int bits) {
    if (value >>> bits != 0) {
      throw invalid(
          "%s[%d]: %d does not fit %s", tensor, index, Integer.toUnsignedLong(value), type);
    }
    return value;
  }

  private static InvalidTensors invalid(String format, Object... arguments) {
    return new InvalidTensors(format.formatted(arguments));
  }
}
