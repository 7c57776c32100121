package io.trawl.workers.testkit.attack;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * HTTP/2 by hand (RFC 9113): every frame is bytes, so that a test can also write those which no
 * library would. Header blocks are literals without an index and without Huffman's code (RFC 7541,
 * 6.2.2).
 */
public final class Http2Bytes {

  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int PRIORITY = 2;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PUSH_PROMISE = 5;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;

  public static final int END_STREAM = 1;
  public static final int ACK = 1;
  public static final int END_HEADERS = 4;

  /** Settings that bound what the peer may send. */
  public static final int INITIAL_WINDOW_SIZE = 4;

  private Http2Bytes() {}

  /** What a client says first, empty settings included. */
  public static byte[] preface() {
    return join("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII), settings());
  }

  public static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return frame(payload.length, type, flags, stream, payload);
  }

  /** A frame whose length may lie. */
  public static byte[] frame(int length, int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (length >> 16))
        .putShort((short) length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  public static byte[] settings() {
    return frame(SETTINGS, 0, 0, new byte[0]);
  }

  public static byte[] setting(int id, int value) {
    return frame(SETTINGS, 0, 0, ByteBuffer.allocate(6).putShort((short) id).putInt(value).array());
  }

  public static byte[] headers(int stream, boolean endStream, Map<String, String> fields) {
    return frame(HEADERS, END_HEADERS | (endStream ? END_STREAM : 0), stream, headerBlock(fields));
  }

  public static byte[] data(int stream, boolean endStream, byte[] bytes) {
    return frame(DATA, endStream ? END_STREAM : 0, stream, bytes);
  }

  public static byte[] reset(int stream, int code) {
    return frame(RST_STREAM, 0, stream, number(code));
  }

  public static byte[] windowUpdate(int stream, int increment) {
    return frame(WINDOW_UPDATE, 0, stream, number(increment));
  }

  public static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  public static byte[] headerBlock(Map<String, String> fields) {
    var block = new ByteArrayOutputStream();
    fields.forEach(
        (name, value) -> {
          block.write(0);
          literal(block, name);
          literal(block, value);
        });
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      for (; rest >= 128; rest >>= 7) {
        block.write(rest & 127 | 128);
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  /** The head of a gRPC call. */
  public static Map<String, String> grpcHead(String path) {
    var head = new java.util.LinkedHashMap<String, String>();
    head.put(":method", "POST");
    head.put(":scheme", "http");
    head.put(":path", path);
    head.put(":authority", "127.0.0.1");
    head.put("content-type", "application/grpc");
    head.put("te", "trailers");
    return head;
  }

  /** A message of gRPC, as long as it says. */
  public static byte[] message(byte[] bytes) {
    return message(0, bytes.length, bytes);
  }

  /** A message of gRPC whose flag and length may lie. */
  public static byte[] message(int flag, int length, byte[] bytes) {
    return ByteBuffer.allocate(5 + bytes.length).put((byte) flag).putInt(length).put(bytes).array();
  }

  public static byte[] join(byte[]... parts) {
    return join(List.of(parts));
  }

  public static byte[] join(List<byte[]> parts) {
    var all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }
}
