package io.trawl.api;

import io.vertx.core.buffer.Buffer;
import java.util.Map;

/** How the paths of another protocol than our own write their answers over HTTP. */
interface HttpForm {

  Page write(Reply reply);

  /** Status, headers and body of a reply. */
  record Page(int status, Map<String, String> headers, Buffer body) {

    static Page json(int status, Buffer body) {
      return new Page(status, Map.of("content-type", "application/json"), body);
    }
  }
}
