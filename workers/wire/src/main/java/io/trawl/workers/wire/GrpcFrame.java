package io.trawl.workers.wire;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** How a message travels: a flag byte, the length as a big-endian uint32, the message. */
public final class GrpcFrame {

  /** Of what comes before a message. */
  public static final int PREFIX_BYTES = 5;

  private GrpcFrame() {}

  /** A message behind its prefix, not packed, in one buffer of the exact size. */
  public static Buffer of(MessageLite message) {
    int size = message.getSerializedSize();
    byte[] framed = new byte[PREFIX_BYTES + size];
    ByteBuffer.wrap(framed).putInt(1, size);
    try {
      message.writeTo(CodedOutputStream.newInstance(framed, PREFIX_BYTES, size));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return HeapBytes.wrap(framed);
  }
}
