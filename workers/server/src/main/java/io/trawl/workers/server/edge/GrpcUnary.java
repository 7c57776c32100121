package io.trawl.workers.server.edge;

import com.google.protobuf.Message;
import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.GrpcReply;
import io.trawl.workers.wire.NanoClock;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.Optional;
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
  private final boolean small;
  private final Deadline deadline;
  private final Alarm alarm;
  private @Nullable GrpcMessage message;
  private @Nullable Room room;
  private Reading.@Nullable Read<?> read;
  private boolean ended;
  private boolean left;
  private Runnable whenLeft = () -> {};

  /** Until the message is there, which may be never; whatever works on it minds the deadline. */
  private Alarm.Pending waits = () -> {};

  /**
   * @param maxMessageBytes of its one message, unpacked
   * @param small whether that is so little that it is read and answered at once
   */
  GrpcUnary(
      GrpcServerRequest<Buffer, Buffer> request,
      Reading reading,
      NanoClock ticker,
      Alarm alarm,
      int maxMessageBytes,
      boolean small) {
    this.request = request;
    this.reading = reading;
    this.deadline = Deadline.of(request.headers(), ticker);
    this.alarm = alarm;
    this.reply = new GrpcReply(request, this::leave);
    this.maxMessageBytes = maxMessageBytes;
    this.small = small;
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
    request.endHandler(
        _ -> {
          waits.cancel();
          handle(prototype, handler);
        });
    waits = deadline.whenOver(alarm, () -> fail(CallFailure.DEADLINE));
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
    int bytes = whole.payload().length();
    Room held =
        small ? Room.ofSmall(request.connection(), bytes) : Room.of(request.connection(), bytes);
    room = held;
    try {
      Optional<Q> asked = GrpcCodec.decodeSmall(whole, prototype, maxMessageBytes, held);
      if (asked.isPresent()) {
        handler.accept(this, asked.get());
      } else {
        readBeside(whole, prototype, held, handler);
      }
    } catch (RuntimeException | Error e) {
      failWith(e);
    }
  }

  private <Q extends Message> void readBeside(
      GrpcMessage whole, Q prototype, Room held, BiConsumer<GrpcUnary, Q> handler) {
    long leftNanos = leftNanos();
    if (leftNanos <= 0) {
      fail(CallFailure.DEADLINE);
      return;
    }
    Reading.Read<Q> begun =
        reading.read(
            PortWatch.caller(request.connection()),
            Vertx.currentContext(),
            () -> GrpcCodec.decode(whole, prototype, maxMessageBytes, held),
            asked -> begin(asked, handler),
            failure -> {
              read = null;
              failWith(failure);
            });
    read = begun;
    begun.within(leftNanos, this::late);
  }

  private <Q> void begin(Q asked, BiConsumer<GrpcUnary, Q> handler) {
    read = null;
    if (left || ended) {
      fail(CallFailure.CANCELLED);
      return;
    }
    try {
      handler.accept(this, asked);
    } catch (RuntimeException | Error e) {
      failWith(e);
    }
  }

  /** What is being read at this moment holds its room until it has been. */
  private void late() {
    stopReading();
    fail(CallFailure.DEADLINE);
  }

  private void stopReading() {
    if (read != null && read.drop()) {
      read = null;
    }
    if (room != null && read != null) {
      room.abandoned();
    }
  }

  /** Time left to the caller, {@link BatchQueue#NEVER} for no deadline. */
  long leftNanos() {
    return deadline.leftNanos();
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
      waits.cancel();
      boolean waited = read != null;
      stopReading();
      if (waited && read == null) {
        fail(CallFailure.CANCELLED);
      } else if (room != null && !ended) {
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
    waits.cancel();
    if (room != null && read == null) {
      room.close();
    }
    return may;
  }
}
