package io.trawl.client;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.trawl.client.VertxTrawlClient.Reading;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Timer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call over HTTP/2 with one message out and one or more back, from the wait for a
 * connection to the status.
 *
 * <p>Everything that happens to a call happens on its context, so its fields have one writer and
 * need no lock. Whoever settles the call first wins: the answer, the transport, the alarm, or the
 * caller that takes it back. Whatever is still on the wire then is reset with CANCEL.
 */
final class WireCall<M extends MessageLite, T extends MessageLite> implements Call<T> {

  private static final long HTTP2_CANCEL = 8;
  private static final int PREFIX_BYTES = 5;

  private final ContextInternal context;
  private final HttpClient http;
  private final LongSupplier nanos;
  private final TrawlClientOptions options;
  private final String path;
  private final long deadlineNanos;
  private final MessageLite question;
  private final FrameReader<M> reader;
  private final Reading<M, T> reading;
  private final Promise<Outcome<T>> outcome;
  private final Promise<Void> gone;

  // Written on the context alone.
  private boolean settled;
  private boolean connecting;
  private @Nullable Timer alarm;
  private @Nullable HttpClientRequest request;
  private @Nullable T answer;

  /**
   * @param deadlineNanos by the clock
   */
  WireCall(
      ContextInternal context,
      HttpClient http,
      LongSupplier nanos,
      TrawlClientOptions options,
      String path,
      long deadlineNanos,
      MessageLite question,
      Parser<M> parser,
      Reading<M, T> reading) {
    this.context = context;
    this.http = http;
    this.nanos = nanos;
    this.options = options;
    this.path = path;
    this.deadlineNanos = deadlineNanos;
    this.question = question;
    this.reader = new FrameReader<>(parser, options.maxMessageBytes());
    this.reading = reading;
    this.outcome = context.promise();
    this.gone = context.promise();
  }

  @Override
  public Future<Outcome<T>> outcome() {
    return outcome.future();
  }

  @Override
  public void cancel() {
    onContext(() -> abort(new Outcome.Cancelled<>("taken back by the caller")));
  }

  /** Completes when the call has ended and waits for no connection either. */
  Future<Void> gone() {
    return gone.future();
  }

  void start() {
    onContext(this::begin);
  }

  private void begin() {
    if (settled) {
      return;
    }
    long left = left();
    if (left <= 0) {
      settle(new Outcome.Expired<>("before the call left"));
      return;
    }
    int size = question.getSerializedSize();
    if (size > options.maxMessageBytes()) {
      settle(
          new Outcome.Invalid<>(
              "the request has %d bytes; expected at most %d"
                  .formatted(size, options.maxMessageBytes()),
              List.of()));
      return;
    }
    alarm = context.timer(left + options.grace().toNanos(), TimeUnit.NANOSECONDS);
    alarm.onSuccess(_ -> abort(new Outcome.Expired<>("no answer came in time")));
    var head =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setURI(path)
            // Leaves the pool's queue with the deadline; the alarm is the finer clock.
            .setConnectTimeout(Math.ceilDiv(left, 1_000_000));
    connecting = true;
    // A closed client throws instead of failing its future; here both are one.
    Future.<HttpClientRequest>future(connected -> http.request(head).onComplete(connected))
        .onComplete(
            connected -> {
              connecting = false;
              send(connected);
              leaveIfEnded();
            },
            cause -> {
              connecting = false;
              lost(cause);
              leaveIfEnded();
            });
  }

  private void leaveIfEnded() {
    if (settled && !connecting) {
      gone.tryComplete();
    }
  }

  private void send(HttpClientRequest connected) {
    long left = left();
    connected
        .exceptionHandler(this::lost)
        .putHeader("content-type", "application/grpc")
        .putHeader("te", "trailers");
    if (settled || left <= 0) {
      settle(new Outcome.Expired<>("while waiting for a connection"));
      // Vert.x 5.0.7 loses a stream that is reset before it was opened.
      var _ = connected.sendHead();
      var _ = connected.reset(HTTP2_CANCEL);
      return;
    }
    request = connected;
    connected.putHeader("grpc-timeout", timeoutHeader(left));
    connected.response().onComplete(this::receive, this::lost);
    var _ = connected.end(framed());
  }

  private Buffer framed() {
    var bytes = question.toByteArray();
    return Buffer.buffer(PREFIX_BYTES + bytes.length)
        .appendByte((byte) 0)
        .appendInt(bytes.length)
        .appendBytes(bytes);
  }

  private void receive(HttpClientResponse response) {
    response.exceptionHandler(this::lost);
    if (settled) {
      return;
    }
    if (response.statusCode() != 200) {
      abort(Refusals.ofHttp(response.statusCode()));
      return;
    }
    var contentType = response.getHeader("content-type");
    if (contentType == null || !contentType.startsWith("application/grpc")) {
      abort(Refusals.malformed("content-type " + contentType + "; expected application/grpc"));
      return;
    }
    response.handler(this::read);
    response.endHandler(_ -> finish(response));
  }

  private void read(Buffer chunk) {
    if (settled) {
      return;
    }
    try {
      var wrong = reader.add(chunk, this::take);
      if (wrong != null) {
        abort(Refusals.malformed(wrong));
      }
    } catch (RuntimeException | Error thrownByHandler) {
      if (end()) {
        outcome.fail(thrownByHandler);
        reset();
      }
    }
  }

  private void take(M message) {
    // A handler may cancel between two messages of one chunk.
    if (settled) {
      return;
    }
    if (answer != null) {
      abort(Refusals.malformed("a message after the answer"));
      return;
    }
    answer = reading.read(message);
  }

  private void finish(HttpClientResponse response) {
    // An answer without a message may carry its status in the headers.
    var trailers =
        response.trailers().contains("grpc-status") ? response.trailers() : response.headers();
    var code = trailers.get("grpc-status");
    var status = code == null ? null : status(code);
    if (status == null) {
      settle(Refusals.malformed("grpc-status " + code + "; expected a known number"));
    } else if (status != GrpcStatus.OK) {
      settle(Refusals.ofStatus(status, trailers));
    } else if (answer == null || !reader.between()) {
      settle(Refusals.malformed("no complete message before status OK"));
    } else {
      settle(new Outcome.Answered<>(answer));
    }
  }

  private static @Nullable GrpcStatus status(String code) {
    try {
      return GrpcStatus.valueOf(Integer.parseInt(code));
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }

  /** The transport failed, or it reports what this call did to it: then it is settled already. */
  private void lost(Throwable cause) {
    settle(
        left() <= 0
            ? new Outcome.Expired<>("with the transport: " + cause.getMessage())
            : Refusals.ofTransport(cause));
  }

  private void abort(Outcome<T> how) {
    if (settle(how)) {
      reset();
    }
  }

  private boolean settle(Outcome<T> how) {
    boolean first = end();
    if (first) {
      outcome.complete(how);
    }
    return first;
  }

  /** Whether the call had not ended before. */
  private boolean end() {
    if (settled) {
      return false;
    }
    settled = true;
    if (alarm != null) {
      alarm.cancel();
    }
    leaveIfEnded();
    return true;
  }

  private void reset() {
    if (request != null) {
      // Fails when the stream is gone already, which is just as well.
      var _ = request.reset(HTTP2_CANCEL);
    }
  }

  private long left() {
    return deadlineNanos - nanos.getAsLong();
  }

  private void onContext(Runnable action) {
    if (context.inThread()) {
      action.run();
    } else {
      context.runOnContext(_ -> action.run());
    }
  }

  /** At most eight digits and a unit, rounded up so that a gateway never gives up first. */
  private static String timeoutHeader(long nanos) {
    long micros = Math.ceilDiv(nanos, 1_000);
    if (micros < 100_000_000) {
      return micros + "u";
    }
    long millis = Math.ceilDiv(nanos, 1_000_000);
    return millis < 100_000_000 ? millis + "m" : Math.ceilDiv(nanos, 1_000_000_000) + "S";
  }
}
