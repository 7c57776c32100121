package io.trawl.workers.server.edge;

import com.google.protobuf.Message;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.wire.GrpcReply;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One unary call on its way: read whole, ended once, all on the context of its connection. What was
 * read ends also where its caller has left: until then it holds its room.
 */
final class GrpcUnary {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcUnary.class);

  private final GrpcServerRequest<Buffer, Buffer> request;
  private final GrpcReply reply;
  private final Reading reading;
  private final int maxMessageBytes;
  private @Nullable GrpcMessage message;
  private @Nullable Room room;
  private boolean ended;

  /** Also looked at before a message is read beside the event loop. */
  private volatile boolean left;

  private Runnable whenLeft = () -> {};

  /**
   * @param maxMessageBytes of its one message, unpacked
   */
  GrpcUnary(GrpcServerRequest<Buffer, Buffer> request, Reading reading, int maxMessageBytes) {
    this.request = request;
    this.reading = reading;
    this.reply = new GrpcReply(request, this::leave);
    this.maxMessageBytes = maxMessageBytes;
  }

  <Q extends Message> void read(Q prototype, BiConsumer<GrpcUnary, Q> handler) {
    request.errorHandler(_ -> leave());
    request.exceptionHandler(_ -> leave());
    // A connection that breaks after the request was read tells the response alone.
    request.response().exceptionHandler(_ -> leave());
    request.invalidMessageHandler(_ -> fail(GrpcCodec.tooLarge(maxMessageBytes)));
    request.messageHandler(
        arrived -> {
          if (message != null) {
            fail(CallFailure.invalid("a unary call takes one request message"));
          }
          message = arrived;
        });
    // Not before: of a call that has not ended its port may drop what waits, to make room for it.
    request.endHandler(_ -> handle(prototype, handler));
  }

  /** Fails a call of which nothing is read; whatever comes of it then is nobody's business. */
  void refuse(CallFailure failure) {
    request.errorHandler(_ -> leave());
    request.exceptionHandler(_ -> leave());
    request.response().exceptionHandler(_ -> leave());
    // Vert.x' own would answer once more.
    request.invalidMessageHandler(_ -> {});
    request.messageHandler(_ -> {});
    fail(failure);
  }

  private <Q extends Message> void handle(Q prototype, BiConsumer<GrpcUnary, Q> handler) {
    if (ended || left) {
      return;
    }
    GrpcMessage whole = message;
    if (whole == null) {
      fail(CallFailure.invalid("the call ended without a request message"));
      return;
    }
    message = null;
    Room held = Room.of(request.connection(), whole.payload().length());
    room = held;
    reading
        .read(
            GrpcCodec.isLight(whole, maxMessageBytes),
            () -> {
              if (left) {
                throw CallFailure.CANCELLED.asException();
              }
              return GrpcCodec.decode(whole, prototype, maxMessageBytes, held);
            })
        .onComplete(asked -> begin(asked, handler), this::failWith);
  }

  private <Q> void begin(Q asked, BiConsumer<GrpcUnary, Q> handler) {
    if (left) {
      fail(CallFailure.CANCELLED);
      return;
    }
    try {
      handler.accept(this, asked);
    } catch (RuntimeException | Error e) {
      failWith(e);
    }
  }

  long deadlineNanos() {
    return GrpcCodec.timeoutNanos(request.headers());
  }

  void onLeave(Runnable task) {
    if (left) {
      task.run();
    } else {
      whenLeft = task;
    }
  }

  private void leave() {
    if (!left) {
      left = true;
      if (room != null && !ended) {
        room.abandoned();
      }
      whenLeft.run();
    }
  }

  void answer(Message message) {
    send(GrpcCodec.encode(message));
  }

  void send(Buffer message) {
    if (mayEnd()) {
      reply.end(message);
    }
  }

  void fail(CallFailure failure) {
    if (mayEnd()) {
      reply.fail(GrpcStatus.valueOf(failure.code().name()), failure.message());
    }
  }

  void failWith(Throwable failure) {
    if (failure instanceof RequestException known) {
      fail(known.failure());
    } else {
      LOG.error("{} ended in a bug", request.fullMethodName(), failure);
      fail(CallFailure.internal("internal error"));
    }
  }

  private boolean mayEnd() {
    boolean may = !ended && !left;
    ended = true;
    if (room != null) {
      room.close();
    }
    return may;
  }
}
