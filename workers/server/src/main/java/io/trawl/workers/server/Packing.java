package io.trawl.workers.server;

import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** What callers may pack their messages with, over gRPC and over HTTP. */
final class Packing {
  static final String IDENTITY = "identity";

  /** As gRPC and HTTP name them; {@code deflate} is the zlib format. */
  static final String ACCEPTED = "identity, gzip, deflate";

  private static final int CHUNK_BYTES = 8192;

  private Packing() {}

  static boolean accepts(String encoding) {
    return switch (encoding) {
      case IDENTITY, "gzip", "deflate" -> true;
      default -> false;
    };
  }

  /**
   * Unpacks what came in an accepted encoding.
   *
   * @throws RequestException if it cannot be unpacked, or is too large when it is
   */
  static byte[] unpack(String encoding, byte[] packed, int maxBytes, Problem tooLarge) {
    if (encoding.equals(IDENTITY)) {
      return packed;
    }
    try (InputStream unpacking = unpacking(encoding, new ByteArrayInputStream(packed))) {
      ByteString.Output unpacked = ByteString.newOutput(packed.length);
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int read = unpacking.read(chunk); read >= 0; read = unpacking.read(chunk)) {
        if (unpacked.size() + read > maxBytes) {
          throw tooLarge.asException();
        }
        unpacked.write(chunk, 0, read);
      }
      return unpacked.toByteString().toByteArray();
    } catch (IOException e) {
      throw Problem.invalid(encoding + " message cannot be unpacked: " + e.getMessage())
          .asException();
    }
  }

  private static InputStream unpacking(String encoding, InputStream packed) throws IOException {
    return encoding.equals("gzip") ? new GZIPInputStream(packed) : new InflaterInputStream(packed);
  }
}
