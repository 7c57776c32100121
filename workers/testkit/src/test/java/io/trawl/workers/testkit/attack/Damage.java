package io.trawl.workers.testkit.attack;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Damages good messages at random: bytes, JSON by its structure, protobuf by its fields. The same
 * random numbers give the same damage.
 */
public final class Damage {

  private static final long[] INTERESTING = {
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 31,
    1L << 32,
    (1L << 53) + 1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    3_037_000_500L
  };

  /** What may stand for a value, good JSON and bad; nothing at all is one. */
  private static final String[] VALUES =
      """
       null true false 0 -0 -1 1.5 1e308 1e309 -1e999 1e-400 9223372036854775807
      9223372036854775808 -9223372036854775809 123456789012345678901234567890 4294967296
      2147483648 NaN Infinity +1 01 0x10 .5 5. "" "\\ud800" "\\udc00\\ud800" "\\u0000" "\\x"
      "\uffff" ".." "NaN" "1e5" "9223372036854775808" [] {} [null] [[]] {"":""} 'a' /**/1 "a
      undefined\
      """
          .split("\\s");

  private Damage() {}

  public static byte[] noise(Random random, int most) {
    var bytes = new byte[random.nextInt(most + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** One to eight changes of the bytes: some lost, doubled, moved, made up, or cut off. */
  public static byte[] bytes(Random random, byte[] good) {
    var bytes = good;
    for (int changes = 1 + random.nextInt(8); changes > 0 && bytes.length > 0; changes--) {
      int from = random.nextInt(bytes.length);
      int to = Math.min(bytes.length, from + 1 + random.nextInt(1 + random.nextInt(16)));
      bytes =
          switch (random.nextInt(7)) {
            case 0 -> spliced(bytes, from, to, new byte[0]);
            case 1 -> spliced(bytes, from, from, Arrays.copyOfRange(bytes, from, to));
            case 2 -> spliced(bytes, from, from, noise(random, 16));
            case 3 -> spliced(bytes, from, to, noise(random, to - from));
            case 4 -> spliced(bytes, from, to, interesting(random, to - from));
            case 5 -> random.nextInt(4) == 0 ? Arrays.copyOf(bytes, from) : flipped(random, bytes);
            default -> flipped(random, bytes);
          };
    }
    return bytes;
  }

  private static byte[] flipped(Random random, byte[] bytes) {
    var flipped = bytes.clone();
    flipped[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    return flipped;
  }

  private static byte[] interesting(Random random, int length) {
    long value = INTERESTING[random.nextInt(INTERESTING.length)];
    var bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[length - 1 - i] = (byte) (value >> 8 * Math.min(i, 7));
    }
    return bytes;
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] instead) {
    return Http2Bytes.join(
        Arrays.copyOf(bytes, from), instead, Arrays.copyOfRange(bytes, to, bytes.length));
  }

  /** A number that arithmetic trips over. */
  public static long number(Random random) {
    long value = INTERESTING[random.nextInt(INTERESTING.length)];
    return random.nextInt(4) == 0 ? random.nextLong() : value;
  }

  /**
   * A JSON object with values of wrong types, huge numbers, doubled, lost, renamed and unknown
   * keys, deep nests, long and broken texts; one time in five its bytes are damaged too.
   */
  public static byte[] json(Random random, String good) {
    var out = new StringBuilder();
    // About two damages whatever the size of the message.
    int places = Math.max(2, good.length() / 12);
    write(random, new JsonObject(good), places, out);
    var bytes = out.toString().getBytes(StandardCharsets.UTF_8);
    return random.nextInt(5) == 0 ? bytes(random, bytes) : bytes;
  }

  private static void write(Random random, Object value, int places, StringBuilder out) {
    if (random.nextInt(places) == 0) {
      out.append(strange(random));
      return;
    }
    switch (value) {
      case JsonObject object -> writeObject(random, object, places, out);
      case JsonArray array -> {
        out.append('[');
        int times = random.nextInt(places) == 0 ? random.nextInt(40) : 1;
        for (int i = 0; i < array.size() * times; i++) {
          out.append(i == 0 ? "" : ",");
          write(random, array.getValue(i % array.size()), places, out);
        }
        out.append(']');
      }
      case String text -> out.append('"').append(text).append('"');
      default -> out.append(value);
    }
  }

  private static void writeObject(Random random, JsonObject object, int places, StringBuilder out) {
    List<Map.Entry<String, Object>> entries = new ArrayList<>();
    for (var entry : object) {
      int copies = random.nextInt(places) == 0 ? 2 * random.nextInt(2) : 1;
      for (int i = 0; i < copies; i++) {
        entries.add(entry);
      }
    }
    out.append('{');
    for (int i = 0; i < entries.size(); i++) {
      var key = entries.get(i).getKey();
      out.append(i == 0 ? "" : ",").append('"');
      out.append(random.nextInt(places) == 0 ? key + random.nextInt(10) : key).append("\":");
      write(random, entries.get(i).getValue(), places, out);
    }
    out.append('}');
  }

  private static String strange(Random random) {
    int size = 1 << random.nextInt(13);
    return switch (random.nextInt(12)) {
      case 0 -> "\"" + "a".repeat(size) + "\"";
      case 1 -> "\"" + "\\u20ac".repeat(size / 4 + 1) + "\"";
      case 2 -> "[".repeat(size);
      case 3 -> "[".repeat(size) + "]".repeat(size);
      case 4 -> "{\"all\":[".repeat(size / 4 + 1);
      case 5 -> "{\"a\":".repeat(size / 4 + 1) + "1" + "}".repeat(size / 4 + 1);
      case 6 -> Long.toString(number(random));
      case 7 -> "1" + "0".repeat(size);
      default -> VALUES[random.nextInt(VALUES.length)];
    };
  }

  /** A message of protobuf with changed, unknown, doubled and lying fields. */
  public static byte[] protobuf(Random random, byte[] good) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(random.nextInt(3) == 0 ? good : bytes(random, good));
    for (int fields = random.nextInt(3); fields > 0; fields--) {
      field(random, out);
    }
    return out.toByteArray();
  }

  private static void field(Random random, ByteArrayOutputStream out) {
    int number = random.nextInt(3) == 0 ? 1 + random.nextInt(1 << 28) : 1 + random.nextInt(16);
    int wireType = random.nextInt(8);
    varint((long) number << 3 | wireType, out);
    switch (wireType) {
      case 0 -> varint(number(random), out);
      case 1 -> out.writeBytes(new byte[8]);
      case 2 -> {
        var content = noise(random, 32);
        varint(random.nextInt(3) == 0 ? number(random) : content.length, out);
        out.writeBytes(content);
      }
      case 3 -> {
        for (int depth = random.nextInt(300); depth > 0; depth--) {
          varint((long) number << 3 | 3, out);
        }
      }
      default -> out.writeBytes(noise(random, 5));
    }
  }

  private static void varint(long value, ByteArrayOutputStream out) {
    long rest = value;
    for (; (rest & ~127L) != 0; rest >>>= 7) {
      out.write((int) (rest & 127 | 128));
    }
    out.write((int) rest);
  }

  /**
   * A session of HTTP/2 after its preface: calls whole and broken, and frames that no client would
   * send, in any order.
   */
  public static byte[] frames(Random random, String path, byte[] message) {
    List<byte[]> frames = new ArrayList<>();
    for (int count = 1 + random.nextInt(30); count > 0; count--) {
      int stream = random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(12);
      frames.add(frame(random, stream, path, message));
    }
    return Http2Bytes.join(frames);
  }

  private static byte[] frame(Random random, int stream, String path, byte[] message) {
    boolean last = random.nextBoolean();
    var head = Http2Bytes.grpcHead(path);
    return switch (random.nextInt(16)) {
      case 0, 1, 2 -> Http2Bytes.headers(stream | 1, last, head);
      case 3 -> Http2Bytes.data(stream | 1, last, grpcFraming(random, message));
      case 4 -> Http2Bytes.data(stream | 1, last, Http2Bytes.message(message));
      case 5 -> {
        head.put(strangeName(random), "v".repeat(random.nextInt(9000)));
        yield Http2Bytes.headers(stream | 1, last, head);
      }
      case 6 ->
          Http2Bytes.frame(
              Http2Bytes.HEADERS,
              random.nextInt(256),
              stream,
              bytes(random, Http2Bytes.headerBlock(head)));
      case 7 -> Http2Bytes.frame(Http2Bytes.CONTINUATION, random.nextInt(8), stream, new byte[8]);
      case 8 -> Http2Bytes.reset(stream, random.nextInt(16));
      case 9 -> Http2Bytes.windowUpdate(stream, (int) number(random));
      case 10 -> Http2Bytes.setting(2 + random.nextInt(8), (int) number(random));
      case 11 -> Http2Bytes.frame(Http2Bytes.PING, random.nextInt(2), 0, new byte[8]);
      case 12 -> Http2Bytes.frame(Http2Bytes.GOAWAY, 0, 0, noise(random, 32));
      case 13 ->
          Http2Bytes.frame(
              random.nextInt(1 << 24),
              random.nextInt(12),
              random.nextInt(256),
              stream,
              noise(random, 64));
      case 14 ->
          Http2Bytes.frame(random.nextInt(12), random.nextInt(256), stream, noise(random, 64));
      default ->
          Http2Bytes.join(
              Http2Bytes.headers(stream | 1, false, head),
              Http2Bytes.data(stream | 1, true, Http2Bytes.message(message)));
    };
  }

  private static String strangeName(Random random) {
    return List.of(
            ":path",
            ":status",
            ":authority",
            "connection",
            "te",
            "content-length",
            "grpc-timeout",
            "grpc-encoding",
            "x-request-id",
            "X-UPPER",
            "",
            "\n",
            "transfer-encoding",
            "x")
        .get(random.nextInt(14));
  }

  /** The message in a frame of gRPC whose flag or length lies, twice, cut off, or zipped. */
  public static byte[] grpcFraming(Random random, byte[] message) {
    var framed = Http2Bytes.message(message);
    return switch (random.nextInt(8)) {
      case 0 -> Http2Bytes.message(random.nextInt(256), message.length, message);
      case 1 -> Http2Bytes.message(0, (int) number(random), message);
      case 2 -> Http2Bytes.message(0, message.length + 1 - random.nextInt(3), message);
      case 3 -> Arrays.copyOf(framed, random.nextInt(framed.length));
      case 4 -> Http2Bytes.join(framed, framed);
      case 5 -> {
        var zipped = bytes(random, gzip(message));
        yield Http2Bytes.message(1, zipped.length, zipped);
      }
      case 6 -> {
        var bomb = gzip(new byte[1 << 20]);
        yield Http2Bytes.message(1, bomb.length, bomb);
      }
      default -> new byte[0];
    };
  }

  /** Zipped. */
  public static byte[] gzip(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    try (var zip = new java.util.zip.GZIPOutputStream(out)) {
      zip.write(bytes);
    } catch (java.io.IOException never) {
      throw new java.io.UncheckedIOException(never);
    }
    return out.toByteArray();
  }
}
