package io.trawl.api;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * How callers may pack what they send (RFC 9110, section 8.4.1), unpacked within a bound, and how
 * answers to them are packed. Why not by Vert.x: docs/decisions/0010-packing-by-hand.md.
 */
enum ContentCoding {
  GZIP,
  /** In the zlib format, as the RFC has it. */
  DEFLATE;

  /** All of them, as {@code accept-encoding} lists them. */
  static final String ACCEPTED = "gzip, deflate";

  static Optional<ContentCoding> named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "gzip", "x-gzip" -> Optional.of(GZIP);
      case "deflate" -> Optional.of(DEFLATE);
      default -> Optional.empty();
    };
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Stops unpacking at the bound, whatever the packed bytes promise.
   *
   * @param packed itself bounded by whoever received it
   */
  Unpacked unpack(byte[] packed, int mostBytes) {
    try (var stream = unpacking(new ByteArrayInputStream(packed))) {
      var bytes = stream.readNBytes(mostBytes + 1);
      return bytes.length <= mostBytes ? new Unpacked.Whole(bytes) : new Unpacked.TooLarge();
    } catch (IOException broken) {
      return new Unpacked.Broken();
    }
  }

  private InputStream unpacking(InputStream packed) throws IOException {
    return switch (this) {
      case GZIP -> new GZIPInputStream(packed);
      case DEFLATE -> new InflaterInputStream(packed);
    };
  }

  /** Fast rather than small: it runs where answers are written. */
  static byte[] gzip(byte[] bytes) {
    var zipped = new ByteArrayOutputStream(bytes.length / 3 + 64);
    try (var stream =
        new GZIPOutputStream(zipped, 8192) {
          {
            def.setLevel(Deflater.BEST_SPEED);
          }
        }) {
      stream.write(bytes);
    } catch (IOException impossible) {
      throw new UncheckedIOException("writing to memory", impossible);
    }
    return zipped.toByteArray();
  }

  /** What became of packed bytes. */
  sealed interface Unpacked {

    /** All of them, within the bound. */
    record Whole(byte[] bytes) implements Unpacked {}

    /** More than the bound. */
    record TooLarge() implements Unpacked {}

    /** Not in this coding, or cut off, or damaged. */
    record Broken() implements Unpacked {}
  }
}
