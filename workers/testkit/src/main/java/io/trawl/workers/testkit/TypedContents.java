package io.trawl.workers.testkit;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Typed contents in their raw form, and whether raw bytes are as many as a shape says. */
final class TypedContents {

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

  static boolean fits(String datatype, long elements, ByteString raw) {
    Integer size = InferenceContract.ELEMENT_BYTES.get(datatype);
    return size == null ? textsFit(elements, raw) : raw.size() == elements * size;
  }

  private static boolean textsFit(long elements, ByteString raw) {
    ByteBuffer bytes = raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < elements; i++) {
      if (bytes.remaining() < Integer.BYTES) {
        return false;
      }
      int length = bytes.getInt();
      if (length < 0 || length > bytes.remaining()) {
        return false;
      }
      bytes.position(bytes.position() + length);
    }
    return !bytes.hasRemaining();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteString done(ByteBuffer bytes) {
    return ByteString.copyFrom(bytes.flip());
  }
}
