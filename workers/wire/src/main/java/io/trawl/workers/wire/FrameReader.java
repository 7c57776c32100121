package io.trawl.workers.wire;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the body of an answer, chunk by chunk, into its messages; see {@link GrpcFrame}.
 *
 * <p>A message that came in one chunk stays where it is. One in several chunks is copied into an
 * array of its own, which grows with what has arrived and never with what the length claims.
 */
final class FrameReader {

  private static final int PREFIX_BYTES = GrpcFrame.PREFIX_BYTES;
  private static final int FIRST_ARRAY_BYTES = 1 << 20;
  private static final byte[] NONE = {};

  private final int maxMessageBytes;
  private final byte[] prefix = new byte[PREFIX_BYTES];
  private int prefixFilled;
  private int messageLength;
  private int filled;
  private byte[] array = NONE;

  FrameReader(int maxMessageBytes) {
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Hands on each message that this chunk completes; what is wrong, or null. */
  GrpcOutcome.@Nullable NoAnswer add(Buffer chunk, GrpcMessages messages) {
    HeapBytes bytes = HeapBytes.of(chunk);
    int at = 0;
    while (at < bytes.length()) {
      if (prefixFilled < PREFIX_BYTES) {
        at += addPrefix(bytes, at);
        GrpcOutcome.NoAnswer wrong = prefixFilled < PREFIX_BYTES ? null : readPrefix();
        if (wrong != null) {
          return wrong;
        }
      }
      if (prefixFilled == PREFIX_BYTES) {
        int taken = Math.min(messageLength - filled, bytes.length() - at);
        HeapBytes message = addMessage(bytes.array(), bytes.offset() + at, taken);
        at += taken;
        String wrong = message == null ? null : messages.take(message);
        if (wrong != null) {
          return new GrpcOutcome.Malformed(wrong);
        }
      }
    }
    return null;
  }

  /** Whether nothing of an unfinished message is left. */
  boolean between() {
    return prefixFilled == 0;
  }

  /** How much of a message has come, for a log line. */
  String progress() {
    return prefixFilled < PREFIX_BYTES
        ? prefixFilled + " of " + PREFIX_BYTES + " prefix bytes"
        : filled + " of " + messageLength + " bytes";
  }

  private int addPrefix(HeapBytes bytes, int at) {
    int taken = Math.min(PREFIX_BYTES - prefixFilled, bytes.length() - at);
    System.arraycopy(bytes.array(), bytes.offset() + at, prefix, prefixFilled, taken);
    prefixFilled += taken;
    return taken;
  }

  private GrpcOutcome.@Nullable NoAnswer readPrefix() {
    if (prefix[0] != 0) {
      return new GrpcOutcome.Malformed(
          "answer with flag byte " + prefix[0] + " (expected 0: no compression was offered)");
    }
    long length =
        (prefix[1] & 0xFFL) << 24
            | (prefix[2] & 0xFFL) << 16
            | (prefix[3] & 0xFFL) << 8
            | (prefix[4] & 0xFFL);
    if (length > maxMessageBytes) {
      return new GrpcOutcome.AnswerTooLarge(
          "answer of " + length + " bytes (expected at most " + maxMessageBytes + ")");
    }
    messageLength = (int) length;
    return null;
  }

  /** Takes bytes of the current message; the message if these were its last. */
  private @Nullable HeapBytes addMessage(byte[] from, int offset, int length) {
    if (filled == 0 && length == messageLength) {
      startNext();
      return new HeapBytes(from, offset, length);
    }
    ensureRoomFor(filled + length);
    System.arraycopy(from, offset, array, filled, length);
    filled += length;
    if (filled < messageLength) {
      return null;
    }
    var message = new HeapBytes(array, 0, messageLength);
    startNext();
    return message;
  }

  private void startNext() {
    prefixFilled = 0;
    filled = 0;
    array = NONE;
  }

  private void ensureRoomFor(int needed) {
    if (needed > array.length) {
      int grown = (int) Math.min(messageLength, Math.max(needed, 2L * array.length));
      array = Arrays.copyOf(array, Math.max(grown, Math.min(messageLength, FIRST_ARRAY_BYTES)));
    }
  }
}
