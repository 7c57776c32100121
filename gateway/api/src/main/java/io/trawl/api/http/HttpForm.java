package io.trawl.api.http;

import io.trawl.api.call.CallReply;
import io.vertx.core.buffer.Buffer;
import java.util.Map;

/** How the paths of another protocol than our own write their answers over HTTP. */
public interface HttpForm {

  Page write(CallReply reply);

  /** Status, headers and body of a reply. */
  record Page(int status, Map<String, String> headers, Buffer body) {

    public static Page json(int status, Buffer body) {
      return new Page(status, Map.of("content-type", "application/json"), body);
    }
  }
}
