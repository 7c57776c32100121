package io.trawl.lexical;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;
import org.apache.lucene.index.SegmentInfos;

/**
 * Gives an index names that do not depend on chance. Lucene draws 16 bytes for each commit and
 * segment, writes them into the head of every file, and ends each file with a checksum.
 */
final class StableIds {

  private StableIds() {}

  /**
   * @param files of one commit, changed in place
   * @param drawn that commit
   */
  static void put(Map<String, byte[]> files, SegmentInfos drawn) {
    byte number = 0;
    replace(files, drawn.getId(), ++number);
    for (var segment : drawn) {
      replace(files, segment.getId(), ++number);
      replace(files, segment.info.getId(), ++number);
    }
    files.values().forEach(StableIds::sum);
  }

  private static void replace(Map<String, byte[]> files, byte[] drawn, byte number) {
    var stable = new byte[drawn.length];
    Arrays.fill(stable, number);
    for (var bytes : files.values()) {
      for (var at = 0; at + drawn.length <= bytes.length; at++) {
        if (bytes[at] == drawn[0]
            && Arrays.equals(bytes, at, at + drawn.length, drawn, 0, drawn.length)) {
          System.arraycopy(stable, 0, bytes, at, stable.length);
        }
      }
    }
  }

  /** The last eight bytes of a file are the CRC-32 of all before them. */
  private static void sum(byte[] bytes) {
    var sum = new CRC32();
    sum.update(bytes, 0, bytes.length - Long.BYTES);
    ByteBuffer.wrap(bytes).putLong(bytes.length - Long.BYTES, sum.getValue());
  }
}
