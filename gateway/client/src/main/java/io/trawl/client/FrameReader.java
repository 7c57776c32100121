package io.trawl.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the body of a gRPC answer into its messages: each is a flag byte, the length as a big-endian
 * uint32, the message. Holds at most one unfinished message and one chunk.
 */
final class FrameReader<M> {

  private static final int PREFIX_BYTES = 5;

  private final Parser<M> parser;
  private final int maxMessageBytes;
  private Buffer pending = Buffer.buffer();

  FrameReader(Parser<M> parser, int maxMessageBytes) {
    this.parser = parser;
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Hands each message on that this chunk completes; what is wrong, or null. */
  @Nullable String add(Buffer chunk, Consumer<M> messages) {
    pending.appendBuffer(chunk);
    int at = 0;
    String wrong = null;
    while (wrong == null && pending.length() - at >= PREFIX_BYTES) {
      long length = pending.getUnsignedInt(at + 1);
      if (pending.getByte(at) != 0) {
        wrong = "a compressed message, where none was asked for";
      } else if (length > maxMessageBytes) {
        wrong = "a message of " + length + " bytes; expected at most " + maxMessageBytes;
      } else if (pending.length() - at - PREFIX_BYTES < length) {
        break;
      } else {
        int end = at + PREFIX_BYTES + (int) length;
        try {
          messages.accept(parser.parseFrom(pending.getBytes(at + PREFIX_BYTES, end)));
        } catch (InvalidProtocolBufferException undecodable) {
          wrong = "a message that is no protobuf: " + undecodable.getMessage();
        }
        at = end;
      }
    }
    if (at > 0) {
      pending = pending.getBuffer(at, pending.length());
    }
    return wrong;
  }

  /** Whether nothing of an unfinished message is left. */
  boolean between() {
    return pending.length() == 0;
  }
}
