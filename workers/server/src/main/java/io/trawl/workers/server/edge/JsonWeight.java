package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.RequestException;
import io.vertx.core.buffer.Buffer;

/**
 * What JSON becomes while it is read: its text is copied, decoded and cut into strings, which may
 * take two bytes a character each; values become objects.
 */
final class JsonWeight {
  /** An object of JSON that holds nothing, and its place in a list. */
  private static final int BYTES_OF_A_VALUE = 80;

  private static final long BYTES_OF_A_TEXT_BYTE = 5;

  private JsonWeight() {}

  /**
   * Takes room for a body that is about to be read.
   *
   * @param textBytes how much of its beginning is JSON
   * @param advice ends the sentence that refuses it
   * @throws RequestException if there is no room
   */
  static void reach(Room room, Buffer body, int textBytes, String advice) {
    long values = 0;
    for (int i = 0; i < textBytes; i++) {
      byte next = body.getByte(i);
      if (next == ',' || next == ':' || next == '[' || next == '{') {
        values++;
      }
    }
    long weight = body.length() + textBytes * BYTES_OF_A_TEXT_BYTE + values * BYTES_OF_A_VALUE;
    if (!room.reach(weight)) {
      throw Packing.noRoom(
              room,
              weight,
              "%d bytes of JSON with about %d values take".formatted(textBytes, values),
              advice)
          .asException();
    }
  }
}
