package io.trawl.workers.wire.bounds;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class GrpcMessageBytesTest {

  @Test
  void onlyAnUnfinishedMessageIsHeldHoweverItIsCut() {
    byte[] three = new byte[5 + 3 + 5 + 5 + 300];
    three[4] = 3;
    // The second is empty; the third has 300 bytes.
    three[5 + 3 + 5 + 3] = 1;
    three[5 + 3 + 5 + 4] = 44;
    for (int part = 1; part <= three.length; part++) {
      var messages = new GrpcMessageBytes();
      long held = 0;
      for (int at = 0; at < three.length; at += part) {
        int end = Math.min(three.length, at + part);
        held = messages.follow(Unpooled.wrappedBuffer(three, at, end - at));
        long expected = end < 8 ? end : end < 13 ? end - 8 : (end - 13) % 305;
        assertEquals(expected, held, "after " + end + " bytes in parts of " + part);
      }
      assertEquals(0, held);
    }
  }
}
