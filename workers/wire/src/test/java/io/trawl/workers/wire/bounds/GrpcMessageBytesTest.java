package io.trawl.workers.wire.bounds;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrpcMessageBytesTest {

  @Test
  void eachMessageEndsWhereItDoesHoweverItIsCut() {
    byte[] three = new byte[5 + 3 + 5 + 5 + 300];
    three[4] = 3;
    // The second is empty; the third has 300 bytes.
    three[5 + 3 + 5 + 3] = 1;
    three[5 + 3 + 5 + 4] = 44;
    for (int part = 1; part <= three.length; part++) {
      var messages = new GrpcMessageBytes();
      List<Long> whole = new ArrayList<>();
      for (int at = 0; at < three.length; at += part) {
        var bytes = Unpooled.wrappedBuffer(three, at, Math.min(part, three.length - at));
        while (bytes.isReadable()) {
          bytes.skipBytes(messages.follow(bytes));
          int end = at + bytes.readerIndex();
          long expected = end < 8 ? end : end < 13 ? end - 8 : (end - 13) % 305;
          assertEquals(expected, messages.unfinished(), end + " bytes in parts of " + part);
          if (messages.unfinished() == 0) {
            whole.add(messages.whole());
          }
        }
      }
      assertEquals(List.of(8L, 5L, 305L), whole, "in parts of " + part);
    }
  }
}
