package io.trawl.bench.attack;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Frames of HTTP/2 (RFC 9113), written by hand. Header blocks are literals without an index and
 * without Huffman's code (RFC 7541, 6.2.2).
 */
final class Http2 {

  static final int INITIAL_WINDOW_SIZE = 4;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int LITERAL_PREFIX = 127;

  private Http2() {}

  /** What a client says first. */
  static byte[] preface() {
    return join(
        List.of(
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            frame(SETTINGS, 0, 0, new byte[0])));
  }

  static byte[] setting(int id, int value) {
    return frame(SETTINGS, 0, 0, ByteBuffer.allocate(6).putShort((short) id).putInt(value).array());
  }

  /** The other side's settings hold from now on. */
  static byte[] settingsTaken() {
    return frame(SETTINGS, ACK, 0, new byte[0]);
  }

  static byte[] headers(int stream, boolean endStream, Map<String, String> fields) {
    return frame(HEADERS, END_HEADERS | (endStream ? END_STREAM : 0), stream, block(fields));
  }

  static byte[] data(int stream, boolean endStream, byte[] bytes) {
    return frame(DATA, endStream ? END_STREAM : 0, stream, bytes);
  }

  static byte[] reset(int stream) {
    return frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(8).array());
  }

  static byte[] ping() {
    return frame(PING, 0, 0, new byte[8]);
  }

  /** The head of a request with a body, or of a gRPC call. */
  static Map<String, String> post(String path, String contentType) {
    var head = new java.util.LinkedHashMap<String, String>();
    head.put(":method", "POST");
    head.put(":scheme", "http");
    head.put(":path", path);
    head.put(":authority", "127.0.0.1");
    head.put("content-type", contentType);
    head.put("te", "trailers");
    return head;
  }

  static Map<String, String> get(String path) {
    var head = new java.util.LinkedHashMap<String, String>();
    head.put(":method", "GET");
    head.put(":scheme", "http");
    head.put(":path", path);
    head.put(":authority", "127.0.0.1");
    return head;
  }

  /** A message of gRPC that says how long it is, and may lie. */
  static byte[] message(int saidBytes, byte[] bytes) {
    return ByteBuffer.allocate(5 + bytes.length).put((byte) 0).putInt(saidBytes).put(bytes).array();
  }

  /** A message of gRPC that is packed. */
  static byte[] packed(byte[] bytes) {
    var message = message(bytes.length, bytes);
    message[0] = 1;
    return message;
  }

  /** Whether a server's bytes answer, reset or say farewell. */
  static boolean hasEnded(byte[] received) {
    var bytes = ByteBuffer.wrap(received);
    while (bytes.remaining() >= 9) {
      int lengthAndType = bytes.getInt();
      int type = lengthAndType & 0xff;
      int length = lengthAndType >>> 8;
      if (type == HEADERS || type == RST_STREAM || type == GOAWAY) {
        return true;
      }
      bytes.position(Math.min(bytes.limit(), bytes.position() + 5 + length));
    }
    return false;
  }

  static byte[] join(List<byte[]> parts) {
    var all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static byte[] block(Map<String, String> fields) {
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
    if (bytes.length >= LITERAL_PREFIX) {
      throw new IllegalArgumentException(text + " is too long for one byte of length");
    }
    block.write(bytes.length);
    block.writeBytes(bytes);
  }
}
