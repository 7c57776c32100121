package io.trawl.workers.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/**
 * The part of a byte array that a {@link Buffer} shows, such as a message. Bulk reads and protobuf
 * both want arrays; this is the one place that knows how to look behind a Buffer, and how to put
 * one around an array, without copying.
 */
@SuppressWarnings("ArrayRecordComponent") // a view: identity of the array is the point
public record HeapBytes(byte[] array, int offset, int length) {

  /** The bytes of a buffer: where they lie if that is an array, else a copy. */
  public static HeapBytes of(Buffer buffer) {
    ByteBuf bytes = ((BufferInternal) buffer).getByteBuf();
    if (bytes.hasArray()) {
      return new HeapBytes(
          bytes.array(), bytes.arrayOffset() + bytes.readerIndex(), bytes.readableBytes());
    }
    byte[] copy = buffer.getBytes();
    return new HeapBytes(copy, 0, copy.length);
  }

  public static Buffer wrap(byte[] array) {
    return wrap(array, 0, array.length);
  }

  /** A buffer over a part of the array; later writes to the array show in it. */
  public static Buffer wrap(byte[] array, int offset, int length) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(array, offset, length));
  }
}
