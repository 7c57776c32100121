package io.trawl.api;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Bytes of callers unpacked within a bound, and bytes for them packed. */
final class Gzip {

  static final String NAME = "gzip";

  private Gzip() {}

  /**
   * Stops unpacking at the bound, whatever the packed bytes promise.
   *
   * @param zipped itself bounded by whoever received it
   */
  static Unzipped unzip(byte[] zipped, int mostBytes) {
    try (var stream = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
      var bytes = stream.readNBytes(mostBytes + 1);
      return bytes.length <= mostBytes ? new Unzipped.Whole(bytes) : new Unzipped.TooLarge();
    } catch (IOException broken) {
      return new Unzipped.Broken();
    }
  }

  /** Fast rather than small: it runs where answers are written. */
  static byte[] zip(byte[] bytes) {
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
  sealed interface Unzipped {

    /** All of them, within the bound. */
    record Whole(byte[] bytes) implements Unzipped {}

    /** More than the bound. */
    record TooLarge() implements Unzipped {}

    /** No gzip, or cut off, or damaged. */
    record Broken() implements Unzipped {}
  }
}
