package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The network cuts where it likes; the messages must not notice. */
class FrameReaderTest {

  private final List<HeapBytes> read = new ArrayList<>();
  private final GrpcMessages messages =
      message -> {
        read.add(message);
        return null;
      };

  @Test
  void anyCutsGiveTheSameMessages() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      List<byte[]> sent = new ArrayList<>();
      var frames = Buffer.buffer();
      for (int count = 1 + random.nextInt(3); count > 0; count--) {
        byte[] message = new byte[random.nextInt(i < 490 ? 200 : 3_000_000)];
        random.nextBytes(message);
        sent.add(message);
        frames.appendBuffer(framed(0, message.length, message));
      }
      read.clear();
      var reader = new FrameReader(4_000_000);
      for (int at = 0; at < frames.length(); ) {
        int most = i % 2 == 0 ? 7 : frames.length();
        int next = Math.min(frames.length(), at + 1 + random.nextInt(most));
        assertNull(reader.add(frames.getBuffer(at, next), messages));
        at = next;
      }
      assertTrue(reader.between(), "seed " + seed);
      assertEquals(sent.size(), read.size(), "seed " + seed);
      for (int message = 0; message < sent.size(); message++) {
        assertArrayEquals(sent.get(message), bytes(read.get(message)), "seed " + seed);
      }
    }
  }

  @Test
  void messagesInOneChunkStayWhereTheyAre() {
    byte[] frames =
        framed(0, 3, new byte[] {1, 2, 3})
            .appendBuffer(framed(0, 1, new byte[] {4}))
            .appendBuffer(framed(0, 0, new byte[0]))
            .getBytes();
    var reader = new FrameReader(10);
    assertNull(reader.add(HeapBytes.wrap(frames), messages));
    assertEquals(3, read.size());
    read.forEach(message -> assertSame(frames, message.array()));
    assertArrayEquals(new byte[] {4}, bytes(read.get(1)));
    assertEquals(0, read.get(2).length());
  }

  @Test
  void aClaimAllocatesNothing() {
    var reader = new FrameReader(Integer.MAX_VALUE);
    assertNull(reader.add(framed(0, Integer.MAX_VALUE, new byte[] {1}), messages));
    assertEquals(List.of(), read);
    assertFalse(reader.between());
    assertEquals("1 of 2147483647 bytes", reader.progress());
  }

  @Test
  void whatIsNoFrameIsRefused() {
    assertInstanceOf(
        GrpcOutcome.AnswerTooLarge.class,
        new FrameReader(9).add(framed(0, 10, new byte[0]), messages));
    assertInstanceOf(
        GrpcOutcome.AnswerTooLarge.class,
        new FrameReader(Integer.MAX_VALUE).add(framed(0, -1, new byte[0]), messages));
    assertInstanceOf(
        GrpcOutcome.Malformed.class, new FrameReader(9).add(framed(1, 1, new byte[1]), messages));
  }

  @Test
  void whatTheTakerFindsWrongEndsIt() {
    var one = new OneMessage();
    Buffer two = framed(0, 0, new byte[0]).appendBuffer(framed(0, 0, new byte[0]));
    assertEquals(
        new GrpcOutcome.Malformed("more than one message in a unary answer"),
        new FrameReader(9).add(two, one));
  }

  private static byte[] bytes(HeapBytes message) {
    return Arrays.copyOfRange(
        message.array(), message.offset(), message.offset() + message.length());
  }

  private static Buffer framed(int flag, int length, byte[] message) {
    return Buffer.buffer().appendByte((byte) flag).appendInt(length).appendBytes(message);
  }
}
