package io.trawl.workers.client;

import io.trawl.workers.protocol.InferTensorContents;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Typed contents, as KServe's plain servers send them, made raw. Slower than raw contents and rare:
 * each kind of value has a repeated field of its own, and the halves have none.
 */
final class TypedContents {

  private TypedContents() {}

  static Buffer toRaw(String name, Datatype type, InferTensorContents contents) {
    requireOnly(name, type, contents);
    Buffer raw = Buffer.buffer();
    switch (type) {
      case BOOL -> contents.getBoolContentsList().forEach(v -> raw.appendByte((byte) (v ? 1 : 0)));
      case INT8 -> contents.getIntContentsList().forEach(v -> raw.appendByte(fit8(name, type, v)));
      case INT16 ->
          contents.getIntContentsList().forEach(v -> raw.appendShortLE(fit16(name, type, v)));
      case INT32 -> contents.getIntContentsList().forEach(raw::appendIntLE);
      case INT64 -> contents.getInt64ContentsList().forEach(raw::appendLongLE);
      case UINT8 ->
          contents.getUintContentsList().forEach(v -> raw.appendByte(fitUnsigned8(name, type, v)));
      case UINT16 ->
          contents
              .getUintContentsList()
              .forEach(v -> raw.appendShortLE(fitUnsigned16(name, type, v)));
      case UINT32 -> contents.getUintContentsList().forEach(raw::appendIntLE);
      case UINT64 -> contents.getUint64ContentsList().forEach(raw::appendLongLE);
      case FP32 -> contents.getFp32ContentsList().forEach(raw::appendFloatLE);
      case FP64 -> contents.getFp64ContentsList().forEach(raw::appendDoubleLE);
      case BYTES ->
          contents
              .getBytesContentsList()
              .forEach(v -> raw.appendIntLE(v.size()).appendBytes(v.toByteArray()));
      case FP16, BF16 ->
          throw new IllegalArgumentException(
              "tensor '%s': typed contents of %s (expected raw ones)".formatted(name, type));
    }
    return raw;
  }

  /** Values in the field of another type are a contradiction, never data. */
  private static void requireOnly(String name, Datatype type, InferTensorContents contents) {
    String expected =
        switch (type) {
          case BOOL -> "bool";
          case INT8, INT16, INT32 -> "int";
          case INT64 -> "int64";
          case UINT8, UINT16, UINT32 -> "uint";
          case UINT64 -> "uint64";
          case FP32 -> "fp32";
          case FP64 -> "fp64";
          case BYTES -> "bytes";
          case FP16, BF16 -> "no";
        };
    List<String> filled = new ArrayList<>();
    note(filled, "bool", contents.getBoolContentsCount());
    note(filled, "int", contents.getIntContentsCount());
    note(filled, "int64", contents.getInt64ContentsCount());
    note(filled, "uint", contents.getUintContentsCount());
    note(filled, "uint64", contents.getUint64ContentsCount());
    note(filled, "fp32", contents.getFp32ContentsCount());
    note(filled, "fp64", contents.getFp64ContentsCount());
    note(filled, "bytes", contents.getBytesContentsCount());
    filled.remove(expected);
    if (!filled.isEmpty()) {
      throw new IllegalArgumentException(
          "tensor '%s': %s contents (expected %s contents for %s)"
              .formatted(name, String.join(" and ", filled), expected, type));
    }
  }

  private static void note(List<String> filled, String field, int count) {
    if (count > 0) {
      filled.add(field);
    }
  }

  private static byte fit8(String name, Datatype type, int value) {
    if (value != (byte) value) {
      throw misfit(name, type, value);
    }
    return (byte) value;
  }

  private static short fit16(String name, Datatype type, int value) {
    if (value != (short) value) {
      throw misfit(name, type, value);
    }
    return (short) value;
  }

  private static byte fitUnsigned8(String name, Datatype type, int value) {
    if (value >>> 8 != 0) {
      throw misfit(name, type, Integer.toUnsignedLong(value));
    }
    return (byte) value;
  }

  private static short fitUnsigned16(String name, Datatype type, int value) {
    if (value >>> 16 != 0) {
      throw misfit(name, type, Integer.toUnsignedLong(value));
    }
    return (short) value;
  }

  private static IllegalArgumentException misfit(String name, Datatype type, long value) {
    return new IllegalArgumentException(
        "tensor '%s': value %d (expected one that %s can hold)".formatted(name, value, type));
  }
}
