package io.trawl.workers.client;

import com.google.protobuf.MessageLite;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

/**
 * One unary gRPC call over HTTP/2, from the wait for a connection to the status.
 *
 * <p>Everything that happens to a call happens on its context, so its fields have one writer and
 * need no lock. Whoever settles the call first wins: the answer, the transport, the alarm, or the
 * caller that takes it back. Whatever is still on the wire then is reset with CANCEL.
 */
final class UnaryCall {

  private static final long HTTP2_CANCEL = 8;

  private final ContextInternal context;
  private final HttpClient http;
  private final Ticker ticker;
  private final String path;
  private final long deadlineNanos;
  private final MessageLite question;
  private final int maxMessageBytes;
  private final FrameReader reader;
  private final Promise<Answered> outcome;

  // Written on the context alone.
  private boolean settled;
  private Alarm.@Nullable Pending alarm;
  private @Nullable HttpClientRequest request;
  private Future<Void> sent = Future.succeededFuture();

  /**
   * @param deadlineNanos by the ticker
   * @param question encoded once a connection is there
   */
  UnaryCall(
      ContextInternal context,
      HttpClient http,
      Ticker ticker,
      String path,
      long deadlineNanos,
      MessageLite question,
      int maxMessageBytes) {
    this.context = context;
    this.http = http;
    this.ticker = ticker;
    this.path = path;
    this.deadlineNanos = deadlineNanos;
    this.question = question;
    this.maxMessageBytes = maxMessageBytes;
    this.reader = new FrameReader(maxMessageBytes);
    this.outcome = context.promise();
  }

  Future<Answered> outcome() {
    return outcome.future();
  }

  void start(Alarm alarms) {
    onContext(() -> begin(alarms));
  }

  void cancel() {
    onContext(() -> abort(new Failure.Cancelled("taken back by the caller")));
  }

  private void begin(Alarm alarms) {
    if (settled) {
      return;
    }
    long left = deadlineNanos - ticker.nanos();
    if (left <= 0) {
      settle(new Answered.None(expired("before the call left")));
      return;
    }
    int size = question.getSerializedSize();
    if (size < 0 || size > maxMessageBytes) {
      // Beyond 2^31 the size wraps.
      String bytes = size < 0 ? "over 2^31" : Integer.toString(size);
      settle(
          new Answered.None(
              new Failure.TooLarge(
                  "request of " + bytes + " bytes (expected at most " + maxMessageBytes + ")")));
      return;
    }
    alarm = alarms.after(left, () -> onContext(() -> abort(expired("while waiting"))));
    // A closed client throws instead of failing its future; here both are one.
    Future.<HttpClientRequest>future(connected -> http.request(options(left)).onComplete(connected))
        .onComplete(this::send, this::lost);
  }

  private RequestOptions options(long leftNanos) {
    return new RequestOptions()
        .setMethod(HttpMethod.POST)
        .setURI(path)
        // Leaves the pool's queue with the budget; the alarm is the finer clock.
        .setConnectTimeout(Math.ceilDiv(leftNanos, 1_000_000));
  }

  private void send(HttpClientRequest connected) {
    long left = deadlineNanos - ticker.nanos();
    connected
        .exceptionHandler(this::lost)
        .putHeader("content-type", "application/grpc")
        .putHeader("te", "trailers");
    if (settled || left <= 0) {
      settle(new Answered.None(expired("while waiting for a connection")));
      discard(connected);
      return;
    }
    request = connected;
    connected.putHeader("grpc-timeout", timeoutHeader(left));
    connected.response().onComplete(this::receive, this::lost);
    sent = connected.end(InferCodec.frame(question));
  }

  private void receive(HttpClientResponse response) {
    if (settled) {
      return;
    }
    if (response.statusCode() != 200) {
      abort(Statuses.ofHttp(response.statusCode()));
      return;
    }
    String contentType = response.getHeader("content-type");
    if (contentType == null || !contentType.startsWith("application/grpc")) {
      abort(new Failure.Malformed("content-type " + contentType + " (expected application/grpc)"));
      return;
    }
    response.exceptionHandler(this::lost);
    response.handler(
        chunk -> {
          Failure wrong = settled ? null : reader.add(chunk);
          if (wrong != null) {
            abort(wrong);
          }
        });
    response.endHandler(_ -> finish(response));
  }

  private void finish(HttpClientResponse response) {
    Answered how = read(response);
    if (sent.isComplete()) {
      settle(how);
    } else if (settle(how) && request != null) {
      // The server made up its mind before it had read everything: the rest need not travel.
      reset(request);
    }
  }

  private Answered read(HttpClientResponse response) {
    String code = response.getTrailer("grpc-status");
    String message = response.getTrailer("grpc-message");
    if (code == null) {
      // An answer without a message may carry its status in the headers.
      code = response.getHeader("grpc-status");
      message = response.getHeader("grpc-message");
    }
    if (code == null) {
      return new Answered.None(new Failure.Malformed("answer ended without a grpc-status"));
    }
    GrpcStatus status = Statuses.parse(code);
    if (status == null) {
      return new Answered.None(
          new Failure.Malformed("grpc-status '" + code + "' (expected a known number)"));
    }
    if (status != GrpcStatus.OK) {
      return new Answered.None(Statuses.ofStatus(status, Statuses.decodeMessage(message)));
    }
    HeapBytes bytes = reader.message();
    return bytes == null
        ? new Answered.None(
            new Failure.Malformed("status OK after " + reader.progress() + " of a message"))
        : new Answered.Message(bytes);
  }

  /** The transport failed, or it reports what this call did to it: then it is settled already. */
  private void lost(Throwable cause) {
    boolean late = deadlineNanos - ticker.nanos() <= 0;
    settle(
        new Answered.None(
            late
                ? expired("with the transport: " + cause.getMessage())
                : Statuses.ofTransport(cause)));
  }

  private void abort(Failure why) {
    if (settle(new Answered.None(why)) && request != null) {
      reset(request);
    }
  }

  private boolean settle(Answered how) {
    if (settled) {
      return false;
    }
    settled = true;
    if (alarm != null) {
      alarm.cancel();
    }
    outcome.complete(how);
    return true;
  }

  private void reset(HttpClientRequest onWire) {
    // Fails when the stream is gone already, which is just as well.
    var _ = onWire.reset(HTTP2_CANCEL);
  }

  /**
   * Gives a stream back that came too late. Vert.x 5.0.7 returns a stream to its pool when it
   * closes, and one that was never opened never closes: a reset alone would lose it for good.
   */
  private void discard(HttpClientRequest unsent) {
    var _ = unsent.sendHead();
    reset(unsent);
  }

  private void onContext(Runnable action) {
    if (context.inThread()) {
      action.run();
    } else {
      context.runOnContext(_ -> action.run());
    }
  }

  private static Failure expired(String when) {
    return new Failure.DeadlineExceeded("budget spent " + when);
  }

  /** At most eight digits and a unit, rounded up so that a server never gives up first. */
  static String timeoutHeader(long nanos) {
    long micros = Math.ceilDiv(nanos, 1_000);
    if (micros < 100_000_000) {
      return micros + "u";
    }
    long millis = Math.ceilDiv(nanos, 1_000_000);
    return millis < 100_000_000 ? millis + "m" : Math.ceilDiv(nanos, 1_000_000_000) + "S";
  }
}
