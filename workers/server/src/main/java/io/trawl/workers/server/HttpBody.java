package io.trawl.workers.server;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;

/** Collects the body of a request, up to a limit. */
final class HttpBody {
  /** Larger bodies are parsed on a worker thread, so that the event loop stays free. */
  static final int INLINE_BYTES = 32 << 10;

  private final HttpServerRequest request;
  private final int maxBytes;
  private Buffer body = Buffer.buffer();
  private boolean refused;

  private HttpBody(HttpServerRequest request, int maxBytes) {
    this.request = request;
    this.maxBytes = maxBytes;
  }

  /** Hands the whole body on, or the reason why it was not read to its end. */
  static void read(
      HttpServerRequest request, int maxBytes, Consumer<Buffer> whole, Consumer<Problem> refused) {
    HttpBody collecting = new HttpBody(request, maxBytes);
    request.handler(chunk -> collecting.receive(chunk, refused));
    request.endHandler(
        _ -> {
          if (!collecting.refused) {
            whole.accept(collecting.body);
          }
        });
  }

  private void receive(Buffer chunk, Consumer<Problem> tell) {
    if (refused) {
      return;
    }
    if (body.length() + chunk.length() > maxBytes) {
      refused = true;
      body = Buffer.buffer();
      // The rest is not read: the answer goes out and the connection ends with it.
      request.response().putHeader("connection", "close");
      tell.accept(
          new Problem(
              Problem.Code.RESOURCE_EXHAUSTED,
              Problem.Reason.OTHER,
              "request is larger than " + maxBytes + " bytes"));
      return;
    }
    body.appendBuffer(chunk);
  }
}
