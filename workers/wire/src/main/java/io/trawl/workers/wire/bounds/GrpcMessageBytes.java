package io.trawl.workers.wire.bounds;

import io.netty.buffer.ByteBuf;

/** Where the messages of a gRPC call end, in the bytes that come. */
final class GrpcMessageBytes {

  private static final int PREFIX = 5;

  private int prefixSeen;
  private long length;
  private long seen;

  /**
   * Follows these bytes, which stay unread, to the end of a message or to their own; returns how
   * many that are.
   */
  int follow(ByteBuf bytes) {
    int begin = bytes.readerIndex();
    int at = begin;
    int end = bytes.writerIndex();
    if (unfinished() == 0) {
      seen = 0;
      length = 0;
      prefixSeen = 0;
    }
    while (at < end && prefixSeen < PREFIX) {
      if (prefixSeen > 0) {
        length = length << 8 | bytes.getUnsignedByte(at);
      }
      prefixSeen++;
      at++;
    }
    if (prefixSeen == PREFIX) {
      long part = Math.min(length - seen, end - at);
      seen += part;
      at += (int) part;
    }
    return at - begin;
  }

  /** How much has come of a message that is not whole. */
  long unfinished() {
    return prefixSeen == PREFIX && seen == length ? 0 : seen + prefixSeen;
  }

  /** How long the message is that has become whole, with what is before it. */
  long whole() {
    return PREFIX + length;
  }
}
