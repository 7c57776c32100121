package io.trawl.workers.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * How callers may pack what they send (RFC 9110, section 8.4.1), unpacked within a bound, and how
 * answers to them are packed. Why not by Vert.x: docs/decisions/0010-packing-by-hand.md.
 */
public enum ContentCoding {
  GZIP,
  /** In the zlib format, as the RFC has it. */
  DEFLATE;

  /** All of them, as {@code accept-encoding} lists them. */
  public static final String ACCEPTED = "gzip, deflate";

  public static Optional<ContentCoding> named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "gzip", "x-gzip" -> Optional.of(GZIP);
      case "deflate" -> Optional.of(DEFLATE);
      default -> Optional.empty();
    };
  }

  /** Its name in headers. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Stops unpacking at the bound, whatever the packed bytes promise.
   *
   * @param packed itself bounded by whoever received it
   */
  public Unpacked unpack(byte[] packed, int mostBytes) {
    return unpack(packed, mostBytes, _ -> true);
  }

  /**
   * The same, where there may be less room than the bound.
   *
   * @param room asked for the next bytes before they are kept; false ends it as too large
   */
  public Unpacked unpack(byte[] packed, int mostBytes, IntPredicate room) {
    try (var unpacker = new Unpacker(this, packed, mostBytes, room)) {
      return unpacker.unpack() ? new Unpacked.Whole(unpacker.unpacked()) : new Unpacked.TooLarge();
    } catch (DataFormatException broken) {
      var why = broken.getMessage();
      return new Unpacked.Broken(why == null ? "it is damaged" : why);
    }
  }

  /** Fast rather than small: it runs where answers are written. */
  public static byte[] gzip(byte[] bytes) {
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
  public sealed interface Unpacked {

    /** All of them, within the bound. */
    record Whole(byte[] bytes) implements Unpacked {}

    /** More than the bound. */
    record TooLarge() implements Unpacked {}

    /** Not in this coding, or cut off, or damaged. */
    record Broken(String why) implements Unpacked {}
  }
}
