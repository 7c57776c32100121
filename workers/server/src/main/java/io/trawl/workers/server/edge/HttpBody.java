package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.wire.HeapBytes;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects the body of a request, up to a limit that holds for what it unpacks to, and reads it.
 * Unpacked here, not by the library, which ends a connection over a body that cannot be unpacked.
 */
final class HttpBody<T> {
  /** What is unpacked and read at once, since it takes next to no time. */
  private static final int LIGHT_BYTES = 32 << 10;

  /** What a body means. */
  @FunctionalInterface
  interface Parser<T> {
    /**
     * @throws RuntimeException if it cannot be read, or there is no room for it
     */
    T parse(Buffer body, Room room);
  }

  /** How much of a body that is too large is thrown away before the connection is cut. */
  private static final int DISCARDED_BODIES = 16;

  private static final int UNSUPPORTED_MEDIA_TYPE = 415;
  private static final int EXPECTATION_FAILED = 417;

  private final Reading reading;
  private final HttpServerRequest request;
  private final int maxBytes;
  private final String encoding;
  private final Parser<T> parser;
  private Buffer body = Buffer.buffer();
  private boolean refused;
  private long discarded;
  private @Nullable Room room;
  private Reading.@Nullable Read<T> read;
  private boolean left;

  private HttpBody(
      Reading reading, HttpServerRequest request, int maxBytes, String encoding, Parser<T> parser) {
    this.reading = reading;
    this.request = request;
    this.maxBytes = maxBytes;
    this.encoding = encoding;
    this.parser = parser;
  }

  /**
   * Hands on what the whole body means, or the reason why it was not read to its end.
   *
   * @param parser reads it, on any thread
   * @param whole takes that, and its room, which it closes when the request has ended
   * @return what is to be told when the caller leaves
   */
  static <T> HttpBody<T> read(
      Reading reading,
      HttpServerRequest request,
      int maxBytes,
      Parser<T> parser,
      BiConsumer<T, Room> whole,
      Consumer<Throwable> refused) {
    String encoding = header(request, "content-encoding", Packing.IDENTITY);
    String expected = header(request, "expect", "100-continue");
    HttpBody<T> collecting = new HttpBody<>(reading, request, maxBytes, encoding, parser);
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

  /**
   * The caller has left: what waits to be read goes to nobody, and all else is there until it has
   * been dealt with.
   */
  void left() {
    left = true;
    if (room == null) {
      return;
    }
    if (read != null && read.drop()) {
      read = null;
      room.close();
    } else {
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

  private void end(BiConsumer<T, Room> whole, Consumer<Throwable> tell) {
    if (refused || left) {
      return;
    }
    Room held = Room.of(request.connection(), body.length());
    room = held;
    try {
      Optional<T> small = readSmall(held);
      if (small.isPresent()) {
        whole.accept(small.get(), held);
      } else {
        readBeside(held, whole, tell);
      }
    } catch (RuntimeException | Error failure) {
      held.close();
      tell.accept(failure);
    }
  }

  private Optional<T> readSmall(Room held) {
    if (body.length() > LIGHT_BYTES) {
      return Optional.empty();
    }
    Optional<Buffer> plain =
        encoding.equals(Packing.IDENTITY)
            ? Optional.of(body)
            : Packing.unpackSmall(
                    encoding, body.getBytes(), LIGHT_BYTES, maxBytes, held, this::tooLarge)
                .map(HeapBytes::wrap);
    return plain.map(bytes -> parser.parse(bytes, held));
  }

  private void readBeside(Room held, BiConsumer<T, Room> whole, Consumer<Throwable> tell) {
    read =
        reading.read(
            PortWatch.caller(request.connection()),
            Vertx.currentContext(),
            () -> parser.parse(unpacked(held), held),
            meant -> {
              read = null;
              whole.accept(meant, held);
            },
            failure -> {
              read = null;
              held.close();
              tell.accept(failure);
            });
  }

  private Buffer unpacked(Room held) {
    return encoding.equals(Packing.IDENTITY)
        ? body
        : HeapBytes.wrap(Packing.unpack(encoding, body.getBytes(), maxBytes, held, this::tooLarge));
  }

  private CallFailure tooLarge() {
    return CallFailure.tooLarge("request is larger than " + maxBytes + " bytes");
  }
}
