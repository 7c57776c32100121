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
    return elements(data, "");
  }

  /**
   * The elements, as views.
   *
   * @param whose how a message goes on that says what is wrong: {@code " for input 'x'"}
   * @throws IllegalArgumentException if the lengths do not add up, in Triton's words
   */
  public static List<ByteString> elements(ByteString data, String whose) {
    List<ByteString> elements = new ArrayList<>();
    ByteBuffer lengths = view(data);
    int at = 0;
    while (at < data.size()) {
      int end = end(lengths, at, data.size(), whose);
      elements.add(data.substring(at + LENGTH_BYTES, end));
      at = end;
    }
    return elements;
  }

  /**
   * How many elements there are, without making them.
   *
   * @param whose as for {@link #elements(ByteString, String)}
   * @throws IllegalArgumentException if the lengths do not add up, in Triton's words
   */
  public static int count(ByteString data, String whose) {
    ByteBuffer lengths = view(data);
    int count = 0;
    for (int at = 0; at < data.size(); at = end(lengths, at, data.size(), whose)) {
      count++;
    }
    return count;
  }

  private static int end(ByteBuffer lengths, int at, int size, String whose) {
    if (size - at < LENGTH_BYTES) {
      throw new IllegalArgumentException(
          "incomplete string length indicator%s, expecting %d bytes but only %d bytes available"
              .formatted(whose, LENGTH_BYTES, size - at));
    }
    int length = lengths.getInt(at);
    if (length < 0 || length > size - at - LENGTH_BYTES) {
      throw new IllegalArgumentException(
          "incomplete string data%s, expecting string of length %d but only %d bytes available"
              .formatted(whose, Integer.toUnsignedLong(length), size - at - LENGTH_BYTES));
    }
    return at + LENGTH_BYTES + length;
  }

  /** Where the given number of elements ends, from the byte at which the first begins. */
  public static int endOf(ByteString data, int from, long elements) {
    ByteBuffer lengths = view(data);
    int at = from;
    for (long i = 0; i < elements; i++) {
      at = end(lengths, at, data.size(), "");
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
