package io.trawl.workers.wire;

import com.google.protobuf.MessageLite;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One gRPC call over HTTP/2, one message out and any number back, from the wait for a connection to
 * the status.
 *
 * <p>Everything that happens to a call happens on its context, so its fields have one writer and
 * need no lock. Whoever settles the call first wins: the answer, the transport, the alarm, or the
 * caller that takes it back. Whatever is still on the wire then is reset with CANCEL.
 *
 * <p>A call is sent a second time only where the server proved that it never ran: it was reset with
 * REFUSED_STREAM, or a GOAWAY named an earlier stream as the last.
 */
public final class GrpcCall {

  private static final Logger LOG = LoggerFactory.getLogger(GrpcCall.class);

  static final long HTTP2_REFUSED_STREAM = 7;
  static final long HTTP2_ENHANCE_YOUR_CALM = 11;
  private static final long HTTP2_CANCEL = 8;

  private final GrpcChannel channel;
  private final ContextInternal context;
  private final String path;
  private final MessageLite question;
  private final long deadlineNanos;
  private final long graceNanos;
  private final GrpcMessages messages;
  private final FrameReader reader;
  private final Promise<GrpcOutcome> outcome;
  private final Promise<Void> gone;

  // Written on the context alone.
  private boolean settled;
  private boolean connecting;
  private boolean answering;
  private boolean sentAgain;
  private Alarm.@Nullable Pending alarm;
  private @Nullable HttpClientRequest request;
  private Future<Void> sent = Future.succeededFuture();

  GrpcCall(
      GrpcChannel channel,
      String path,
      MessageLite question,
      long deadlineNanos,
      long graceNanos,
      GrpcMessages messages) {
    this.channel = channel;
    this.context = channel.vertx.getOrCreateContext();
    this.path = path;
    this.question = question;
    this.deadlineNanos = deadlineNanos;
    this.graceNanos = graceNanos;
    this.messages = messages;
    this.reader = new FrameReader(channel.maxMessageBytes);
    this.outcome = context.promise();
    this.gone = context.promise();
  }

  /** How it ends: once, on the context that made the call. Fails only with what a taker threw. */
  public Future<GrpcOutcome> outcome() {
    return outcome.future();
  }

  /** Completes when the call has ended and waits for no connection either. */
  public Future<Void> gone() {
    return gone.future();
  }

  /** Takes the call back; nothing happens if it has ended. */
  public void cancel() {
    onContext(() -> abort(new GrpcOutcome.Cancelled()));
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
      settle(new GrpcOutcome.Expired("before the call left"));
      return;
    }
    int size = question.getSerializedSize();
    if (size < 0 || size > channel.maxMessageBytes) {
      // Beyond 2^31 the size wraps.
      String bytes = size < 0 ? "over 2^31" : Integer.toString(size);
      settle(
          new GrpcOutcome.RequestTooLarge(
              "request of %s bytes (expected at most %d)"
                  .formatted(bytes, channel.maxMessageBytes)));
      return;
    }
    alarm =
        channel.alarm.after(
            left + graceNanos,
            () -> onContext(() -> abort(new GrpcOutcome.Expired("while waiting"))));
    connect(left);
  }

  private void connect(long leftNanos) {
    var head =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setURI(path)
            // Leaves the pool's queue with the budget; the alarm is the finer clock.
            .setConnectTimeout(Math.ceilDiv(leftNanos, 1_000_000));
    connecting = true;
    // A closed client throws instead of failing its future; here both are one.
    Future.<HttpClientRequest>future(connected -> channel.http.request(head).onComplete(connected))
        .onComplete(
            connected -> {
              connecting = false;
              send(connected);
              leaveIfEnded();
            },
            cause -> {
              connecting = false;
              lost(null, cause);
              leaveIfEnded();
            });
  }

  private void send(HttpClientRequest connected) {
    long left = left();
    connected
        .exceptionHandler(cause -> lost(connected, cause))
        .putHeader("content-type", "application/grpc")
        .putHeader("te", "trailers");
    if (settled || left <= 0) {
      settle(new GrpcOutcome.Expired("while waiting for a connection"));
      discard(connected);
      return;
    }
    request = connected;
    connected.putHeader("grpc-timeout", timeoutHeader(left));
    connected
        .response()
        .onComplete(response -> receive(connected, response), cause -> lost(connected, cause));
    sent = connected.end(GrpcFrame.of(question));
  }

  private void receive(HttpClientRequest from, HttpClientResponse response) {
    answering = true;
    response.exceptionHandler(cause -> lost(from, cause));
    if (settled) {
      return;
    }
    if (response.statusCode() != 200) {
      abort(new GrpcOutcome.NotGrpc(response.statusCode()));
      return;
    }
    String contentType = response.getHeader("content-type");
    if (contentType == null || !contentType.startsWith("application/grpc")) {
      abort(
          new GrpcOutcome.Malformed(
              "answer of content-type " + contentType + " (expected application/grpc)"));
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
      // Who takes a message may cancel, and the chunk may hold another.
      var wrong = reader.add(chunk, message -> settled ? null : messages.take(message));
      if (wrong != null) {
        abort(wrong);
      }
    } catch (RuntimeException | Error thrownByTaker) {
      LOG.debug("a message was not taken", thrownByTaker);
      if (end()) {
        outcome.fail(thrownByTaker);
        reset();
      }
    }
  }

  private void finish(HttpClientResponse response) {
    GrpcOutcome how = Trailers.outcome(response);
    if (how instanceof GrpcOutcome.Completed && !reader.between()) {
      how = new GrpcOutcome.Malformed("status OK after " + reader.progress() + " of a message");
    }
    if (settle(how) && !sent.isComplete()) {
      // The server made up its mind before it had read everything: the rest need not travel.
      reset();
    }
  }

  /**
   * The transport failed, or it reports what this call did to it: then it is settled already. Of a
   * request that was sent again, only the second counts.
   */
  @SuppressWarnings("ReferenceEquality") // which of two requests it was
  private void lost(@Nullable HttpClientRequest from, Throwable cause) {
    if (settled || from != request) {
      return;
    }
    long left = left();
    if (left <= 0) {
      settle(new GrpcOutcome.Expired("with the transport: " + cause.getMessage()));
    } else if (from != null && !answering && !sentAgain && neverRan(from, cause)) {
      sentAgain = true;
      request = null;
      connect(left);
    } else {
      settle(outcomeOf(cause));
    }
  }

  private static boolean neverRan(HttpClientRequest request, Throwable cause) {
    return switch (cause) {
      case StreamResetException reset -> reset.getCode() == HTTP2_REFUSED_STREAM;
      case HttpClosedException _ -> beyondGoAway(request);
      default -> false;
    };
  }

  /**
   * Whether the server said that it did not look at this stream. Vert.x 5.0.7 keeps a GOAWAY with
   * debug data that Netty has taken back, and throws where it is asked for, so that Netty is asked.
   */
  private static boolean beyondGoAway(HttpClientRequest request) {
    if (!(request.connection() instanceof ConnectionBase base)) {
      return false;
    }
    var handler = base.channel().pipeline().get(Http2ConnectionHandler.class);
    if (handler == null || !handler.connection().goAwayReceived()) {
      return false;
    }
    return request.streamId() > handler.connection().local().lastStreamKnownByPeer();
  }

  private static GrpcOutcome outcomeOf(Throwable cause) {
    return switch (cause) {
      case StreamResetException reset -> new GrpcOutcome.Reset(reset.getCode());
      case ConnectionPoolTooBusyException busy ->
          new GrpcOutcome.NoRoom("too many calls wait for this endpoint: " + described(busy));
      default -> new GrpcOutcome.Unreachable(described(cause));
    };
  }

  private static String described(Throwable cause) {
    String message = cause.getMessage();
    if (message != null) {
      return message;
    }
    return cause instanceof ClosedChannelException
        ? "the connection was closed"
        : "no reason is given";
  }

  private void abort(GrpcOutcome how) {
    if (settle(how)) {
      reset();
    }
  }

  private boolean settle(GrpcOutcome how) {
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

  private void leaveIfEnded() {
    if (settled && !connecting) {
      gone.tryComplete();
    }
  }

  private void reset() {
    if (request != null) {
      // Fails when the stream is gone already, which is just as well.
      var _ = request.reset(HTTP2_CANCEL);
    }
  }

  /**
   * Gives a stream back that came too late. Vert.x 5.0.7 returns a stream to its pool when it
   * closes, and one that was never opened never closes: a reset alone would lose it for good.
   */
  private static void discard(HttpClientRequest unsent) {
    var _ = unsent.sendHead();
    var _ = unsent.reset(HTTP2_CANCEL);
  }

  private long left() {
    return deadlineNanos - channel.ticker.nanos();
  }

  private void onContext(Runnable action) {
    if (context.inThread()) {
      action.run();
    } else {
      context.runOnContext(_ -> action.run());
    }
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
