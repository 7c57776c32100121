package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The network cuts where it likes; the message must not notice. */
class FrameReaderTest {

  @Test
  void anyCutsGiveTheSameMessage() {
    long seed = new Random().nextLong();
    System.out.println("FrameReaderTest seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      byte[] message = new byte[random.nextInt(i < 490 ? 200 : 3_000_000)];
      random.nextBytes(message);
      byte[] frame = framed(0, message.length, message);
      var reader = new FrameReader(4_000_000);
      for (int at = 0; at < frame.length; ) {
        int next = Math.min(frame.length, at + 1 + random.nextInt(i % 2 == 0 ? 7 : frame.length));
        assertNull(reader.add(Buffer.buffer(Arrays.copyOfRange(frame, at, next))));
        at = next;
      }
      HeapBytes read = assertNotNullMessage(reader);
      assertArrayEquals(
          message,
          Arrays.copyOfRange(read.array(), read.offset(), read.offset() + read.length()),
          "seed " + seed);
    }
  }

  @Test
  void aMessageInOneChunkStaysWhereItIs() {
    byte[] frame = framed(0, 3, new byte[] {1, 2, 3});
    var reader = new FrameReader(10);
    assertNull(reader.add(HeapBytes.wrap(frame)));
    assertSame(frame, assertNotNullMessage(reader).array());
  }

  @Test
  void aClaimAllocatesNothing() {
    var reader = new FrameReader(Integer.MAX_VALUE);
    assertNull(reader.add(Buffer.buffer(framed(0, Integer.MAX_VALUE, new byte[] {1}))));
    assertNull(reader.message());
    assertEquals("1 of 2147483647 bytes", reader.progress());
  }

  @Test
  void whatIsNoFrameIsRefused() {
    assertInstanceOf(
        Failure.TooLarge.class, new FrameReader(9).add(Buffer.buffer(framed(0, 10, new byte[0]))));
    assertInstanceOf(
        Failure.TooLarge.class,
        new FrameReader(Integer.MAX_VALUE).add(Buffer.buffer(framed(0, -1, new byte[0]))));
    assertInstanceOf(
        Failure.Malformed.class, new FrameReader(9).add(Buffer.buffer(framed(1, 1, new byte[1]))));
    assertInstanceOf(
        Failure.Malformed.class, new FrameReader(9).add(Buffer.buffer(framed(0, 1, new byte[2]))));
    var reader = new FrameReader(9);
    assertNull(reader.add(Buffer.buffer(framed(0, 0, new byte[0]))));
    assertEquals(0, assertNotNullMessage(reader).length());
    assertInstanceOf(Failure.Malformed.class, reader.add(Buffer.buffer(new byte[1])));
  }

  private static HeapBytes assertNotNullMessage(FrameReader reader) {
    HeapBytes message = reader.message();
    assertNotNull(message);
    return message;
  }

  private static byte[] framed(int flag, int length, byte[] message) {
    return Buffer.buffer()
        .appendByte((byte) flag)
        .appendInt(length)
        .appendBytes(message)
        .getBytes();
  }
}
