package io.trawl.workers.tensors;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout of BYTES tensors: each element is four bytes of length, little-endian, then itself.
 */
public final class BytesTensors {
  private static final int LENGTH_BYTES = 4;

  private BytesTensors() {}

  /**
   * The elements, as views.
   *
   * @throws IllegalArgumentException if the lengths do not add up
   */
  public static List<ByteString> elements(ByteString data) {
    List<ByteString> elements = new ArrayList<>();
    ByteBuffer lengths = view(data);
    int at = 0;
    while (at < data.size()) {
      int end = end(lengths, at, data.size());
      elements.add(data.substring(at + LENGTH_BYTES, end));
      at = end;
    }
    return elements;
  }

  private static int end(ByteBuffer lengths, int at, int size) {
    if (size - at < LENGTH_BYTES) {
      throw new IllegalArgumentException(
          "incomplete length of a BYTES element at byte %d of %d".formatted(at, size));
    }
    int length = lengths.getInt(at);
    if (length < 0 || length > size - at - LENGTH_BYTES) {
      throw new IllegalArgumentException(
          "BYTES element at byte %d says %d bytes, but %d are left"
              .formatted(at, Integer.toUnsignedLong(length), size - at - LENGTH_BYTES));
    }
    return at + LENGTH_BYTES + length;
  }

  /** Where the given number of elements ends, from the byte at which the first begins. */
  public static int endOf(ByteString data, int from, long elements) {
    ByteBuffer lengths = view(data);
    int at = from;
    for (long i = 0; i < elements; i++) {
      at = end(lengths, at, data.size());
    }
    return at;
  }

  /** A view of a longer array starts where that does; sliced, its indexes start at 0. */
  private static ByteBuffer view(ByteString data) {
    return data.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The elements, one after the other. */
  public static ByteString encode(List<ByteString> elements) {
    long bytes = 0;
    for (ByteString element : elements) {
      bytes += LENGTH_BYTES + (long) element.size();
    }
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    for (ByteString element : elements) {
      buffer.putInt(element.size());
      element.copyTo(buffer);
    }
    return ByteString.copyFrom(buffer.flip());
  }
}
