package io.trawl.workers.server.edge;

import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStreamInferResponse;
import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.wire.GrpcReply;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@code ModelStreamInfer}: requests come in, answers go out as they finish, each with the id
 * of its request and, as the last of its request, {@code triton_final_response}.
 *
 * <p>A bounded number of requests is in flight; further messages are not read until answers have
 * gone out and the caller takes them. A request that fails is answered by {@code error_message},
 * with its id, and the stream goes on; with the header {@code triton_grpc_error: true} the first
 * that was admitted and then failed ends the stream with a status. A message that cannot be decoded
 * ends it in either case. When the caller has sent its last, the stream ends with the last answer;
 * when it leaves, what still waits is dropped. {@code grpc-timeout} holds for the stream as a
 * whole.
 *
 * <p>Used on the context of its connection only.
 */
final class GrpcStream {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcStream.class);
  private static final String ERROR_HEADER = "triton_grpc_error";
  private static final String FINAL_RESPONSE = "triton_final_response";

  private final GrpcServerRequest<Buffer, Buffer> request;
  private final GrpcReply reply;
  private final OipService service;
  private final NanoClock ticker;
  private final Context context;
  private final Reading reading;
  private final int maxMessageBytes;
  private final int mostInFlight;
  private final Runnable whenOver;
  private final boolean errorsEnd;
  private final long startedNanos;
  private final long deadlineNanos;
  private final Set<Inference.Cancellation> inFlight = new HashSet<>();
  private int owed;
  private boolean lastReceived;

  /** Also looked at before a message is read beside the event loop. */
  private volatile boolean over;

  GrpcStream(
      GrpcServerRequest<Buffer, Buffer> request,
      OipService service,
      NanoClock ticker,
      Context context,
      Reading reading,
      int maxMessageBytes,
      int mostInFlight,
      Runnable whenOver) {
    this.request = request;
    this.reply = new GrpcReply(request, this::leave);
    this.service = service;
    this.ticker = ticker;
    this.context = context;
    this.reading = reading;
    this.maxMessageBytes = maxMessageBytes;
    this.mostInFlight = mostInFlight;
    this.whenOver = whenOver;
    this.errorsEnd = "true".equals(request.headers().get(ERROR_HEADER));
    this.startedNanos = ticker.nanos();
    this.deadlineNanos = GrpcCodec.timeoutNanos(request.headers());
  }

  void start() {
    request.errorHandler(_ -> leave());
    request.exceptionHandler(_ -> leave());
    request.response().exceptionHandler(_ -> leave());
    request.response().drainHandler(_ -> readMore());
    request.invalidMessageHandler(_ -> end(GrpcCodec.tooLarge(maxMessageBytes)));
    request.messageHandler(this::received);
    request.endHandler(
        _ -> {
          lastReceived = true;
          endIfDone();
        });
    request.pause();
    request.fetch(mostInFlight);
  }

  private void received(GrpcMessage message) {
    if (over) {
      return;
    }
    // Whole messages of a stream are counted by nobody else.
    Room room = Room.of(request.connection(), 0);
    Answering answering = new Answering(room);
    inFlight.add(answering);
    reading
        .read(GrpcCodec.isLight(message, maxMessageBytes), () -> decoded(message, room))
        .onComplete(answering::start, answering::unreadable);
  }

  private ModelInferRequest decoded(GrpcMessage message, Room room) {
    if (over) {
      throw CallFailure.CANCELLED.asException();
    }
    return GrpcCodec.decode(message, ModelInferRequest.getDefaultInstance(), maxMessageBytes, room);
  }

  private long leftNanos() {
    return deadlineNanos == BatchQueue.NEVER
        ? BatchQueue.NEVER
        : deadlineNanos - (ticker.nanos() - startedNanos);
  }

  /** Takes the ending of one request from whatever thread has it. */
  private final class Answering implements Inference.Caller, Inference.Cancellation {
    private final Room room;
    private String id = "";
    private Inference.Cancellation cancellation = Inference.Cancellation.NOTHING;

    Answering(Room room) {
      this.room = room;
    }

    void start(ModelInferRequest asked) {
      if (over) {
        ended();
        return;
      }
      id = asked.getId();
      try {
        cancellation = service.infer(asked, leftNanos(), this);
      } catch (RuntimeException | Error e) {
        LOG.error("a request of a stream ended in a bug", e);
        failed(CallFailure.internal("internal error"));
      }
    }

    void unreadable(Throwable why) {
      ended();
      if (why instanceof RequestException known) {
        end(known.failure());
      } else {
        LOG.error("a message of a stream ended in a bug", why);
        end(CallFailure.internal("internal error"));
      }
    }

    /** What was asked has an ending all the same, and is held until then. */
    @Override
    public void cancel() {
      cancellation.cancel();
    }

    @Override
    public void answered(ModelInferResponse response) {
      InferParameter last = InferParameter.newBuilder().setBoolParam(true).build();
      // Encoded by the thread that made it: the event loop has others to serve.
      Buffer encoded =
          GrpcCodec.encode(
              ModelStreamInferResponse.newBuilder()
                  .setInferResponse(response.toBuilder().putParameters(FINAL_RESPONSE, last))
                  .build());
      context.runOnContext(_ -> write(encoded));
    }

    @Override
    public void failed(CallFailure failure) {
      context.runOnContext(
          _ -> {
            if (errorsEnd && failure.cameAfterAdmission()) {
              ended();
              end(failure);
            } else {
              write(GrpcCodec.encode(error(failure)));
            }
          });
    }

    private ModelStreamInferResponse error(CallFailure failure) {
      return ModelStreamInferResponse.newBuilder()
          .setErrorMessage(failure.message())
          .setInferResponse(ModelInferResponse.newBuilder().setId(id))
          .build();
    }

    private void ended() {
      inFlight.remove(this);
      room.close();
    }

    private void write(Buffer answer) {
      ended();
      if (over) {
        return;
      }
      owed++;
      reply.write(answer);
      endIfDone();
      readMore();
    }
  }

  /** One more message for each answer that has gone out, while the caller takes them. */
  private void readMore() {
    if (!over && owed > 0 && !request.response().writeQueueFull()) {
      int more = owed;
      owed = 0;
      request.fetch(more);
    }
  }

  private void endIfDone() {
    if (!over && lastReceived && inFlight.isEmpty()) {
      leave();
      reply.end();
    }
  }

  private void end(CallFailure failure) {
    if (!over) {
      leave();
      reply.fail(GrpcStatus.valueOf(failure.code().name()), failure.message());
    }
  }

  private void leave() {
    if (over) {
      return;
    }
    over = true;
    whenOver.run();
    Set.copyOf(inFlight).forEach(Inference.Cancellation::cancel);
    inFlight.clear();
  }
}
