package io.trawl.workers.testkit;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;

/** Typed contents in their raw form, and whether raw bytes are as many as a shape says. */
final class TypedContents {

  /** The datatype that each field of the message is named after. */
  private static final Map<String, String> TYPES =
      Map.of(
          "bool_contents", "BOOL",
          "int_contents", "INT32",
          "int64_contents", "INT64",
          "uint_contents", "UINT32",
          "uint64_contents", "UINT64",
          "fp32_contents", "FP32",
          "fp64_contents", "FP64",
          "bytes_contents", "BYTES");

  private TypedContents() {}

  /** Empty for a type that has no typed form. */
  static ByteString raw(InferInputTensor input) {
    InferTensorContents contents = input.getContents();
    return switch (input.getDatatype()) {
      case "BOOL" -> {
        ByteBuffer bytes = littleEndian(contents.getBoolContentsCount());
        contents.getBoolContentsList().forEach(value -> bytes.put((byte) (value ? 1 : 0)));
        yield done(bytes);
      }
      case "INT8" -> {
        ByteBuffer bytes = littleEndian(contents.getIntContentsCount());
        contents.getIntContentsList().forEach(value -> bytes.put(value.byteValue()));
        yield done(bytes);
      }
      case "INT16" -> {
        ByteBuffer bytes = littleEndian(contents.getIntContentsCount() * Short.BYTES);
        contents.getIntContentsList().forEach(value -> bytes.putShort(value.shortValue()));
        yield done(bytes);
      }
      case "INT32" -> {
        ByteBuffer bytes = littleEndian(contents.getIntContentsCount() * Integer.BYTES);
        contents.getIntContentsList().forEach(bytes::putInt);
        yield done(bytes);
      }
      case "UINT8" -> {
        ByteBuffer bytes = littleEndian(contents.getUintContentsCount());
        contents.getUintContentsList().forEach(value -> bytes.put(value.byteValue()));
        yield done(bytes);
      }
      case "UINT16" -> {
        ByteBuffer bytes = littleEndian(contents.getUintContentsCount() * Short.BYTES);
        contents.getUintContentsList().forEach(value -> bytes.putShort(value.shortValue()));
        yield done(bytes);
      }
      case "UINT32" -> {
        ByteBuffer bytes = littleEndian(contents.getUintContentsCount() * Integer.BYTES);
        contents.getUintContentsList().forEach(bytes::putInt);
        yield done(bytes);
      }
      case "INT64" -> {
        ByteBuffer bytes = littleEndian(contents.getInt64ContentsCount() * Long.BYTES);
        contents.getInt64ContentsList().forEach(bytes::putLong);
        yield done(bytes);
      }
      case "UINT64" -> {
        ByteBuffer bytes = littleEndian(contents.getUint64ContentsCount() * Long.BYTES);
        contents.getUint64ContentsList().forEach(bytes::putLong);
        yield done(bytes);
      }
      case "FP32" -> {
        ByteBuffer bytes = littleEndian(contents.getFp32ContentsCount() * Float.BYTES);
        contents.getFp32ContentsList().forEach(bytes::putFloat);
        yield done(bytes);
      }
      case "FP64" -> {
        ByteBuffer bytes = littleEndian(contents.getFp64ContentsCount() * Double.BYTES);
        contents.getFp64ContentsList().forEach(bytes::putDouble);
        yield done(bytes);
      }
      case "BYTES" -> {
        ByteString raw = ByteString.EMPTY;
        for (ByteString element : contents.getBytesContentsList()) {
          ByteBuffer length = littleEndian(Integer.BYTES).putInt(0, element.size());
          raw = raw.concat(ByteString.copyFrom(length)).concat(element);
        }
        yield raw;
      }
      default -> ByteString.EMPTY;
    };
  }

  static boolean known(String datatype) {
    return datatype.equals("BYTES") || InferenceContract.ELEMENT_BYTES.containsKey(datatype);
  }

  /** The datatype of contents that are given and are not of the input's. */
  static Optional<String> other(InferInputTensor input) {
    InferTensorContents contents = input.getContents();
    return contents.getAllFields().keySet().stream()
        .filter(field -> !field.getName().equals(field(input.getDatatype())))
        .map(field -> TYPES.getOrDefault(field.getName(), field.getName()))
        .findFirst();
  }

  private static String field(String datatype) {
    return switch (datatype) {
      case "INT8", "INT16" -> "int_contents";
      case "UINT8", "UINT16" -> "uint_contents";
      default ->
          TYPES.entrySet().stream()
              .filter(each -> each.getValue().equals(datatype))
              .map(Map.Entry::getKey)
              .findFirst()
              .orElse("");
    };
  }

  /**
   * What is wrong with texts, in Triton's words; empty where there are as many as there must be.
   */
  static Optional<String> wrongTexts(String input, String model, long elements, ByteString raw) {
    ByteBuffer bytes = raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long count = 0;
    for (; bytes.hasRemaining(); count++) {
      if (bytes.remaining() < Integer.BYTES) {
        return Optional.of(
            "incomplete string length indicator for inference input '%s' for model '%s', expecting 4 bytes but only %d bytes available"
                .formatted(input, model, bytes.remaining()));
      }
      long length = Integer.toUnsignedLong(bytes.getInt());
      if (length > bytes.remaining()) {
        return Optional.of(
            "incomplete string data for inference input '%s', expecting string of length %d but only %d bytes available"
                .formatted(input, length, bytes.remaining()));
      }
      bytes.position(bytes.position() + (int) length);
    }
    if (count == elements) {
      return Optional.empty();
    }
    return Optional.of(
        count < elements
            ? "expected %d string elements for inference input '%s' for model '%s', got %d"
                .formatted(elements, input, model, count)
            : "unexpected number of string elements %d for inference input '%s' for model '%s', expecting %d"
                .formatted(count, input, model, elements));
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteString done(ByteBuffer bytes) {
    return ByteString.copyFrom(bytes.flip());
  }
}
