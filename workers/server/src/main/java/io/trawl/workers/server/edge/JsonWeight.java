package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.RequestException;
import io.vertx.core.buffer.Buffer;

/** What JSON becomes while it is read: text stays as long as it is, values become objects. */
final class JsonWeight {
  /** An object of JSON that holds nothing, and its place in a list. */
  private static final int BYTES_OF_A_VALUE = 80;

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
    for (byte next : body.getBytes(0, textBytes)) {
      if (next == ',' || next == ':' || next == '[' || next == '{') {
        values++;
      }
    }
    if (!room.reach(body.length() + values * BYTES_OF_A_VALUE)) {
      throw Packing.noMemory(
              "%d bytes of JSON with about %d values find no memory now%s"
                  .formatted(textBytes, values, advice))
          .asException();
    }
  }
}
