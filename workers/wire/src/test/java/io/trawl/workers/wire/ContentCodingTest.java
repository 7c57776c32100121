package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.trawl.workers.wire.ContentCoding.Unpacked;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContentCodingTest {

  private static final byte[] TEXT = "{\"k\": 3}".repeat(5000).getBytes(StandardCharsets.UTF_8);

  private static byte[] packed(ContentCoding coding) {
    return switch (coding) {
      case GZIP -> ContentCoding.gzip(TEXT);
      case DEFLATE -> deflated();
    };
  }

  private static byte[] deflated() {
    var packed = new ByteArrayOutputStream();
    try (var stream = new DeflaterOutputStream(packed)) {
      stream.write(TEXT);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return packed.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (var part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] whole(ContentCoding coding, byte[] packed) {
    return assertInstanceOf(Unpacked.Whole.class, coding.unpack(packed, 2 * TEXT.length)).bytes();
  }

  private static String broken(ContentCoding coding, byte[] packed) {
    return assertInstanceOf(Unpacked.Broken.class, coding.unpack(packed, 2 * TEXT.length)).why();
  }

  @ParameterizedTest
  @EnumSource
  void unpacksNoFurtherThanThereIsRoom(ContentCoding coding) {
    int[] kept = {0};
    var unpacked =
        coding.unpack(
            packed(coding),
            2 * TEXT.length,
            more -> {
              kept[0] += more;
              return kept[0] <= TEXT.length - 1;
            });
    assertInstanceOf(Unpacked.TooLarge.class, unpacked);
    assertEquals(TEXT.length, kept[0]);
  }

  @ParameterizedTest
  @EnumSource
  void unpacksWithinTheBoundAndNoFurther(ContentCoding coding) {
    var packed = packed(coding);
    assertArrayEquals(TEXT, whole(coding, packed));
    assertInstanceOf(Unpacked.Whole.class, coding.unpack(packed, TEXT.length));
    assertInstanceOf(Unpacked.TooLarge.class, coding.unpack(packed, TEXT.length - 1));
  }

  @ParameterizedTest
  @EnumSource
  void whateverFollowsTheEndIsRefused(ContentCoding coding) {
    for (var after : new byte[][] {{0}, {0x1f}, {0, 0}, "junk".getBytes(StandardCharsets.UTF_8)}) {
      assertEquals("something else follows its end", broken(coding, joined(packed(coding), after)));
    }
    assertEquals(
        "something else follows its end", broken(coding, joined(packed(coding), new byte[600])));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsCutOffIsRefusedWhereverItIsCut(ContentCoding coding) {
    var packed = packed(coding);
    for (int length = 0; length < packed.length; length++) {
      var cut = coding.unpack(Arrays.copyOf(packed, length), 2 * TEXT.length);
      assertInstanceOf(Unpacked.Broken.class, cut, "cut at " + length);
    }
  }

  @Test
  void membersOfGzipFollowOneAnother() {
    var packed = ContentCoding.gzip(TEXT);
    assertArrayEquals(joined(TEXT, TEXT), whole(ContentCoding.GZIP, joined(packed, packed)));
    assertEquals(
        "it ends too soon", broken(ContentCoding.GZIP, joined(packed, Arrays.copyOf(packed, 12))));
  }

  @Test
  void aHeaderWithEverythingInItIsPassedOver() throws IOException {
    var packed = ContentCoding.gzip(TEXT);
    var head =
        joined(
            new byte[] {0x1f, (byte) 0x8b, 8, 2 + 4 + 8 + 16, 1, 2, 3, 4, 0, 3, 2, 0, 9, 9},
            "name\0comment\0".getBytes(StandardCharsets.UTF_8));
    var crc = new CRC32();
    crc.update(head);
    var sum = new byte[] {(byte) crc.getValue(), (byte) (crc.getValue() >> 8)};
    var rest = Arrays.copyOfRange(packed, 10, packed.length);
    var full = joined(head, sum, rest);
    assertArrayEquals(TEXT, new GZIPInputStream(new ByteArrayInputStream(full)).readAllBytes());
    assertArrayEquals(TEXT, whole(ContentCoding.GZIP, full));
    sum[0]++;
    assertEquals(
        "its header's checksum is another", broken(ContentCoding.GZIP, joined(head, sum, rest)));
  }

  @Test
  void damageIsRefused() {
    var packed = ContentCoding.gzip(TEXT);
    packed[packed.length - 1] ^= 1;
    assertEquals("its checksum or length is another", broken(ContentCoding.GZIP, packed));
    packed[0] = 0;
    assertEquals("it does not begin as gzip does", broken(ContentCoding.GZIP, packed));
  }
}
