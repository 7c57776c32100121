package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects the body of a request, up to a limit that holds for what it unpacks to. Unpacked here,
 * not by the library, which ends a connection over a body that cannot be unpacked.
 */
final class HttpBody {
  private static final int LIGHT_BYTES = 32 << 10;

  /** How much of a body that is too large is thrown away before the connection is cut. */
  private static final int DISCARDED_BODIES = 16;

  private static final int UNSUPPORTED_MEDIA_TYPE = 415;
  private static final int EXPECTATION_FAILED = 417;

  private final Reading reading;
  private final HttpServerRequest request;
  private final int maxBytes;
  private final String encoding;
  private Buffer body = Buffer.buffer();
  private boolean refused;
  private long discarded;
  private @Nullable Room room;

  /** Also looked at before the body is unpacked beside the event loop. */
  private volatile boolean left;

  private HttpBody(Reading reading, HttpServerRequest request, int maxBytes, String encoding) {
    this.reading = reading;
    this.request = request;
    this.maxBytes = maxBytes;
    this.encoding = encoding;
  }

  /**
   * Hands the whole body on, or the reason why it was not read to its end.
   *
   * @param whole takes the body, and its room, which it closes when the request has ended
   * @return what is to be told when the caller leaves
   */
  static HttpBody read(
      Reading reading,
      HttpServerRequest request,
      int maxBytes,
      BiConsumer<Buffer, Room> whole,
      Consumer<Throwable> refused) {
    String encoding = header(request, "content-encoding", Packing.IDENTITY);
    String expected = header(request, "expect", "100-continue");
    HttpBody collecting = new HttpBody(reading, request, maxBytes, encoding);
    if (!Packing.accepts(encoding)) {
      HttpReply.error(
          request,
          UNSUPPORTED_MEDIA_TYPE,
          "content-encoding '%s' is not supported, send %s".formatted(encoding, Packing.ACCEPTED));
      return collecting;
    }
    if (!expected.equals("100-continue")) {
      HttpReply.error(
          request, EXPECTATION_FAILED, "expect '" + expected + "' is not met, send 100-continue");
      return collecting;
    }
    if (declaredBytes(request) > maxBytes) {
      collecting.refuse(refused);
    } else if (request.headers().contains("expect")) {
      request.response().writeContinue();
    }
    request.handler(chunk -> collecting.receive(chunk, refused));
    request.endHandler(_ -> collecting.end(whole, refused));
    return collecting;
  }

  /** Whether a body takes next to no time to read. */
  static boolean isLight(Buffer body) {
    return body.length() <= LIGHT_BYTES;
  }

  /** The caller has left: what he sent is there until it has been dealt with. */
  void left() {
    left = true;
    if (room != null) {
      room.abandoned();
    }
  }

  /** One that is given twice is a list, as one with a comma is. */
  private static String header(HttpServerRequest request, String name, String absent) {
    List<String> given = request.headers().getAll(name);
    return given.isEmpty() ? absent : String.join(", ", given).strip().toLowerCase(Locale.ROOT);
  }

  private void receive(Buffer chunk, Consumer<Throwable> tell) {
    if (refused) {
      discarded += chunk.length();
      if (discarded > (long) DISCARDED_BODIES * maxBytes) {
        request.connection().close();
      }
      return;
    }
    if (body.length() + chunk.length() > maxBytes) {
      refuse(tell);
      return;
    }
    body.appendBuffer(chunk);
  }

  /**
   * The answer goes out and the connection ends with it. What still comes is thrown away for a
   * while: a connection that is closed over unread bytes takes the answer along.
   */
  private void refuse(Consumer<Throwable> tell) {
    refused = true;
    body = Buffer.buffer();
    if (request.version() != HttpVersion.HTTP_2) {
      request.response().putHeader("connection", "close");
    }
    tell.accept(tooLarge().asException());
  }

  private static long declaredBytes(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException _) {
      return Long.MAX_VALUE;
    }
  }

  private void end(BiConsumer<Buffer, Room> whole, Consumer<Throwable> tell) {
    if (refused || left) {
      return;
    }
    Room held = Room.of(request.connection(), body.length());
    room = held;
    if (encoding.equals(Packing.IDENTITY)) {
      whole.accept(body, held);
      return;
    }
    reading
        .read(
            false,
            () -> {
              if (left) {
                throw CallFailure.CANCELLED.asException();
              }
              return Packing.unpack(encoding, body.getBytes(), maxBytes, held, this::tooLarge);
            })
        .onComplete(
            unpacked -> whole.accept(HeapBytes.wrap(unpacked), held),
            failure -> {
              held.close();
              tell.accept(failure);
            });
  }

  private CallFailure tooLarge() {
    return CallFailure.tooLarge("request is larger than " + maxBytes + " bytes");
  }
}
