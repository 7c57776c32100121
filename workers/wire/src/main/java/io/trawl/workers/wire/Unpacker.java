package io.trawl.workers.wire;

import java.io.ByteArrayOutputStream;
import java.util.function.IntPredicate;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Unpacks bytes within a bound, to the last of them: the library's streams pass over what follows
 * the end, and go one call deeper for each empty gzip member in a row.
 */
final class Unpacker implements AutoCloseable {

  private static final int CHUNK_BYTES = 8192;
  private static final int MOST_EMPTY = 100;

  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private final byte[] packed;
  private final int mostBytes;
  private final IntPredicate room;
  private final ByteArrayOutputStream unpacked = new ByteArrayOutputStream();
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private final CRC32 crc = new CRC32();

  private final ContentCoding coding;
  private final Inflater inflater;

  /** Where what is not yet read begins. */
  private int at;

  Unpacker(ContentCoding coding, byte[] packed, int mostBytes, IntPredicate room) {
    this.coding = coding;
    this.packed = packed;
    this.mostBytes = mostBytes;
    this.room = room;
    this.inflater = new Inflater(coding == ContentCoding.GZIP);
  }

  /** False where it is larger than the bound, or than the room that there is. */
  boolean unpack() throws DataFormatException {
    return switch (coding) {
      case GZIP -> members();
      case DEFLATE -> zlib();
    };
  }

  byte[] unpacked() {
    return unpacked.toByteArray();
  }

  /** One zlib stream (RFC 1950). */
  private boolean zlib() throws DataFormatException {
    if (!inflate()) {
      return false;
    }
    requireEnd();
    return true;
  }

  /** Gzip members one after the other (RFC 1952). */
  private boolean members() throws DataFormatException {
    int empty = 0;
    do {
      header();
      inflater.reset();
      crc.reset();
      if (!inflate()) {
        return false;
      }
      if (littleEndian(4) != crc.getValue()
          || littleEndian(4) != (inflater.getBytesWritten() & 0xffff_ffffL)) {
        throw new DataFormatException("its checksum or length is another");
      }
      empty = inflater.getBytesWritten() == 0 ? empty + 1 : 0;
      if (empty > MOST_EMPTY) {
        throw new DataFormatException("it has more than " + MOST_EMPTY + " empty members in a row");
      }
    } while (at < packed.length && isMember());
    requireEnd();
    return true;
  }

  private void requireEnd() throws DataFormatException {
    if (at < packed.length) {
      throw new DataFormatException("something else follows its end");
    }
  }

  private boolean isMember() {
    return at + 1 < packed.length && (packed[at] & 0xff) == 0x1f && (packed[at + 1] & 0xff) == 0x8b;
  }

  private boolean inflate() throws DataFormatException {
    inflater.setInput(packed, at, packed.length - at);
    while (!inflater.finished()) {
      int length = inflater.inflate(chunk);
      if (length == 0 && !inflater.finished()) {
        throw new DataFormatException(
            inflater.needsDictionary() ? "it wants a dictionary" : "it ends too soon");
      }
      if (unpacked.size() + length > mostBytes || !room.test(length)) {
        return false;
      }
      crc.update(chunk, 0, length);
      unpacked.write(chunk, 0, length);
    }
    at = packed.length - inflater.getRemaining();
    return true;
  }

  private void header() throws DataFormatException {
    int start = at;
    if (!isMember()) {
      throw new DataFormatException("it does not begin as gzip does");
    }
    at += 2;
    if (littleEndian(1) != 8) {
      throw new DataFormatException("its method is not deflate");
    }
    int flags = (int) littleEndian(1);
    if ((flags & RESERVED) != 0) {
      throw new DataFormatException("its header has flags that nobody knows");
    }
    skip(6);
    if ((flags & EXTRA) != 0) {
      skip((int) littleEndian(2));
    }
    if ((flags & NAME) != 0) {
      skipText();
    }
    if ((flags & COMMENT) != 0) {
      skipText();
    }
    if ((flags & HEADER_CRC) != 0) {
      crc.reset();
      crc.update(packed, start, at - start);
      if (littleEndian(2) != (crc.getValue() & 0xffff)) {
        throw new DataFormatException("its header's checksum is another");
      }
    }
  }

  private void skip(int bytes) throws DataFormatException {
    if (packed.length - at < bytes) {
      throw new DataFormatException("it ends too soon");
    }
    at += bytes;
  }

  private void skipText() throws DataFormatException {
    while (littleEndian(1) != 0) {}
  }

  private long littleEndian(int bytes) throws DataFormatException {
    int from = at;
    skip(bytes);
    long value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      value = value << 8 | packed[from + i] & 0xff;
    }
    return value;
  }

  @Override
  public void close() {
    inflater.end();
  }
}
