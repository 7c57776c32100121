package io.trawl.workers.client;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects the one message of a unary answer out of the body's chunks: a flag byte, the length as a
 * big-endian uint32, the message.
 *
 * <p>A message that came in one chunk stays where it is. One in several chunks is copied into an
 * array of its own, which grows with what has arrived and never with what the length claims.
 */
final class FrameReader {

  static final int PREFIX_BYTES = 5;
  private static final int FIRST_ARRAY_BYTES = 1 << 20;

  private final int maxMessageBytes;
  private final byte[] prefix = new byte[PREFIX_BYTES];
  private int prefixFilled;
  private int messageLength;
  private int filled;
  private byte[] array = {};
  private @Nullable HeapBytes message;

  FrameReader(int maxMessageBytes) {
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Takes the next chunk; what is wrong with it, or null. */
  @Nullable Failure add(Buffer chunk) {
    HeapBytes bytes = HeapBytes.of(chunk);
    int taken = addPrefix(bytes);
    if (prefixFilled < PREFIX_BYTES) {
      return null;
    }
    if (taken > 0) {
      Failure wrong = readPrefix();
      if (wrong != null) {
        return wrong;
      }
    }
    return addMessage(bytes.array(), bytes.offset() + taken, bytes.length() - taken);
  }

  /** The message, complete; null while bytes are missing. */
  @Nullable HeapBytes message() {
    return message;
  }

  /** How much has come, for a log line. */
  String progress() {
    return prefixFilled < PREFIX_BYTES
        ? prefixFilled + " of " + PREFIX_BYTES + " prefix bytes"
        : filled + " of " + messageLength + " bytes";
  }

  private int addPrefix(HeapBytes bytes) {
    int taken = Math.min(PREFIX_BYTES - prefixFilled, bytes.length());
    System.arraycopy(bytes.array(), bytes.offset(), prefix, prefixFilled, taken);
    prefixFilled += taken;
    return taken;
  }

  private @Nullable Failure readPrefix() {
    if (prefix[0] != 0) {
      return new Failure.Malformed(
          "answer with flag byte " + prefix[0] + " (expected 0: no compression was offered)");
    }
    long length =
        (prefix[1] & 0xFFL) << 24
            | (prefix[2] & 0xFFL) << 16
            | (prefix[3] & 0xFFL) << 8
            | (prefix[4] & 0xFFL);
    if (length > maxMessageBytes) {
      return new Failure.TooLarge(
          "answer of " + length + " bytes (expected at most " + maxMessageBytes + ")");
    }
    messageLength = (int) length;
    return null;
  }

  private @Nullable Failure addMessage(byte[] from, int offset, int length) {
    if (length > messageLength - filled) {
      return new Failure.Malformed("more than one message in a unary answer");
    }
    if (message != null) {
      return null;
    }
    if (filled == 0 && length == messageLength) {
      filled = length;
      message = new HeapBytes(from, offset, length);
      return null;
    }
    ensureRoomFor(filled + length);
    System.arraycopy(from, offset, array, filled, length);
    filled += length;
    if (filled == messageLength) {
      message = new HeapBytes(array, 0, messageLength);
    }
    return null;
  }

  private void ensureRoomFor(int needed) {
    if (needed > array.length) {
      int grown = (int) Math.min(messageLength, Math.max(needed, 2L * array.length));
      array = Arrays.copyOf(array, Math.max(grown, Math.min(messageLength, FIRST_ARRAY_BYTES)));
    }
  }
}
