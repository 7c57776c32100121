package io.trawl.workers.wire.bounds;

import io.netty.buffer.ByteBuf;

/** How much of a gRPC message has arrived that is not whole: a stream of them has no other end. */
final class GrpcMessageBytes {

  private static final int PREFIX = 5;

  private int prefixSeen;
  private long length;
  private long seen;

  /** Follows these bytes, which stay unread; returns what is held of an unfinished message now. */
  long follow(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (prefixSeen < PREFIX) {
        if (prefixSeen > 0) {
          length = length << 8 | bytes.getUnsignedByte(at);
        }
        prefixSeen++;
        at++;
      } else {
        long part = Math.min(length - seen, end - at);
        seen += part;
        at += (int) part;
      }
      if (prefixSeen == PREFIX && seen == length) {
        prefixSeen = 0;
        length = 0;
        seen = 0;
      }
    }
    return prefixSeen == 0 ? 0 : seen + prefixSeen;
  }
}
