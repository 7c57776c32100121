package io.trawl.bench.attack;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

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

  /**
   * Of HPACK's tables: whole fields of the static one, names of it, and the newest of the other.
   */
  private static final int POST_INDEX = 0x83;

  private static final int HTTP_INDEX = 0x86;
  private static final int PATH_NAME = 4;
  private static final int CONTENT_TYPE_NAME = 31;
  private static final int NEWEST = 0x80 | 62;
  private static final int SECOND_NEWEST = 0x80 | 63;

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

  /**
   * The first call of a connection, whose path and content type go into HPACK's table: of {@link
   * #indexedCall} they take a byte each.
   */
  static byte[] indexingCall(int stream, String path) {
    var block = new ByteArrayOutputStream();
    block.write(POST_INDEX);
    block.write(HTTP_INDEX);
    indexed(block, PATH_NAME, path);
    indexed(block, CONTENT_TYPE_NAME, "application/grpc");
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block.toByteArray());
  }

  /** The same call once more, in 13 bytes. */
  static byte[] indexedCall(int stream) {
    var block =
        new byte[] {(byte) POST_INDEX, (byte) HTTP_INDEX, (byte) SECOND_NEWEST, (byte) NEWEST};
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block);
  }

  private static void indexed(ByteArrayOutputStream block, int name, String value) {
    integer(block, 0x40, 6, name);
    integer(block, 0, 7, value.length());
    block.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
  }

  /** A number behind the bits of what it belongs to (RFC 7541, 5.1). */
  private static void integer(ByteArrayOutputStream block, int before, int bits, int value) {
    int most = (1 << bits) - 1;
    block.write(before | Math.min(value, most));
    if (value < most) {
      return;
    }
    int rest = value - most;
    while (rest >= 128) {
      block.write(rest % 128 | 128);
      rest /= 128;
    }
    block.write(rest);
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
    return has(received, type -> type == HEADERS || type == RST_STREAM || type == GOAWAY);
  }

  /** Whether a ping has been answered. */
  static boolean hasPingAnswer(byte[] received) {
    return has(received, type -> type == PING);
  }

  private static boolean has(byte[] received, IntPredicate wanted) {
    var bytes = ByteBuffer.wrap(received);
    while (bytes.remaining() >= 9) {
      int lengthAndType = bytes.getInt();
      int length = lengthAndType >>> 8;
      if (wanted.test(lengthAndType & 0xff)) {
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
