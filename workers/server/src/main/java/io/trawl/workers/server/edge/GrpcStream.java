package io.trawl.workers.server.edge;

import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStreamInferResponse;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.GrpcFrame;
import io.trawl.workers.wire.GrpcReply;
import io.trawl.workers.wire.GrpcServers;
import io.trawl.workers.wire.NanoClock;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@code ModelStreamInfer}: requests come in, answers go out as they finish, each with the id
 * of its request and, as the last of its request, {@code triton_final_response}.
 *
 * <p>A bounded number of requests is in flight, of a bounded number of bytes, and one of them is
 * unpacked and read beside the event loop; further messages are not taken until answers have gone
 * out and the caller takes them. They wait in the budget of memory and keep their part of the
 * stream's window. A request that fails is answered by {@code error_message}, with its id, and the
 * stream goes on; with the header {@code triton_grpc_error: true} the first that was admitted and
 * then failed ends the stream with a status. A message that cannot be decoded ends it in either
 * case, and so does one that has not come whole. When the caller has sent its last, the stream ends
 * with the last answer; when it leaves, what still waits is dropped. {@code grpc-timeout} holds for
 * the stream as a whole.
 *
 * <p>Used on the context of its connection only.
 */
final class GrpcStream {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcStream.class);
  private static final String ERROR_HEADER = "triton_grpc_error";
  private static final String FINAL_RESPONSE = "triton_final_response";
  private static final int MOST_BYTES_IN_FLIGHT = 8 << 20;

  private final GrpcServerRequest<Buffer, Buffer> request;
  private final GrpcReply reply;
  private final OipService service;
  private final Context context;
  private final Reading reading;
  private final int maxMessageBytes;
  private final int mostInFlight;
  private final Runnable whenOver;
  private final boolean errorsEnd;
  private final Deadline deadline;
  private final Alarm alarm;
  private final PortWatch.Messages messages;
  private final Set<Answering> inFlight = new HashSet<>();

  /** Messages that may come, and those that may be asked for. */
  private int fetched;

  private int owed;
  private long bytesInFlight;
  private Alarm.Pending waits = () -> {};
  private boolean reads;
  private boolean lastReceived;
  private boolean over;

  GrpcStream(
      GrpcServerRequest<Buffer, Buffer> request,
      OipService service,
      NanoClock ticker,
      Alarm alarm,
      Context context,
      Reading reading,
      int maxMessageBytes,
      int mostInFlight,
      Runnable whenOver) {
    this.request = request;
    this.reply = new GrpcReply(request, this::leave);
    this.service = service;
    this.context = context;
    this.reading = reading;
    this.maxMessageBytes = maxMessageBytes;
    this.whenOver = whenOver;
    this.errorsEnd = "true".equals(request.headers().get(ERROR_HEADER));
    this.deadline = Deadline.of(request.headers(), ticker);
    this.alarm = alarm;
    this.messages = PortWatch.messages(request.connection(), GrpcServers.stream(request));
    this.mostInFlight = mostInFlight;
  }

  void start() {
    request.errorHandler(_ -> leave());
    request.exceptionHandler(_ -> leave());
    request.response().exceptionHandler(_ -> leave());
    request.response().drainHandler(_ -> readMore());
    request.invalidMessageHandler(_ -> end(GrpcCodec.tooLarge(maxMessageBytes)));
    GrpcServers.receive(request, this::received);
    request.endHandler(
        _ -> {
          lastReceived = true;
          endIfDone();
        });
    waits = deadline.whenOver(alarm, () -> end(CallFailure.DEADLINE));
    request.pause();
    fetched = mostInFlight;
    request.fetch(mostInFlight);
  }

  private void received(GrpcMessage message) {
    if (over) {
      return;
    }
    fetched--;
    int bytes = message.payload().length();
    // Counted by one or the other, at every moment.
    Room room = Room.ofMessage(request.connection(), bytes);
    messages.took(GrpcFrame.PREFIX_BYTES + bytes);
    Answering answering = new Answering(room, bytes);
    inFlight.add(answering);
    bytesInFlight += bytes;
    if (bytesInFlight >= MOST_BYTES_IN_FLIGHT) {
      holdBack();
    }
    answering.read(message);
  }

  private ModelInferRequest decoded(GrpcMessage message, Room room) {
    return GrpcCodec.decode(message, ModelInferRequest.getDefaultInstance(), maxMessageBytes, room);
  }

  /** What was asked for and has not come comes later. */
  private void holdBack() {
    owed += fetched;
    fetched = 0;
    request.pause();
  }

  /** Takes the ending of one request from whatever thread has it. */
  private final class Answering implements Inference.Caller, Inference.Cancellation {
    private final Room room;
    private final int bytes;
    private String id = "";
    private Inference.Cancellation cancellation = Inference.Cancellation.NOTHING;
    private Reading.@Nullable Read<ModelInferRequest> read;

    Answering(Room room, int bytes) {
      this.room = room;
      this.bytes = bytes;
    }

    void read(GrpcMessage message) {
      try {
        Optional<ModelInferRequest> asked =
            GrpcCodec.decodeSmall(
                message, ModelInferRequest.getDefaultInstance(), maxMessageBytes, room);
        if (asked.isPresent()) {
          start(asked.get());
        } else {
          readBeside(message);
        }
      } catch (RuntimeException | Error e) {
        unreadable(e);
      }
    }

    private void readBeside(GrpcMessage message) {
      long leftNanos = deadline.leftNanos();
      if (leftNanos <= 0) {
        unreadable(CallFailure.DEADLINE.asException());
        return;
      }
      reads = true;
      holdBack();
      Reading.Read<ModelInferRequest> begun =
          reading.read(
              PortWatch.caller(request.connection()),
              context,
              () -> decoded(message, room),
              asked -> {
                read = null;
                reads = false;
                start(asked);
                readMore();
              },
              failure -> {
                read = null;
                unreadable(failure);
              });
      read = begun;
      begun.within(leftNanos, () -> end(CallFailure.DEADLINE));
    }

    private void start(ModelInferRequest asked) {
      if (over) {
        ended();
        return;
      }
      id = asked.getId();
      try {
        cancellation = service.infer(asked, deadline.leftNanos(), this);
      } catch (RuntimeException | Error e) {
        LOG.error("a request of a stream ended in a bug", e);
        failed(CallFailure.internal("internal error"));
      }
    }

    private void unreadable(Throwable why) {
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
      if (read != null && read.drop()) {
        read = null;
        ended();
      }
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
      if (inFlight.remove(this)) {
        bytesInFlight -= bytes;
      }
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
    if (!over
        && owed > 0
        && !reads
        && bytesInFlight < MOST_BYTES_IN_FLIGHT
        && !request.response().writeQueueFull()) {
      int more = owed;
      owed = 0;
      fetched += more;
      request.fetch(more);
    }
  }

  private void endIfDone() {
    if (over || !lastReceived || !inFlight.isEmpty()) {
      return;
    }
    long half = messages.unfinished();
    if (half > 0) {
      end(CallFailure.invalid("the call ended within a message, of which " + half + " bytes came"));
    } else {
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
    waits.cancel();
    whenOver.run();
    // What has come and was not taken goes to nobody.
    messages.close();
    request.resume();
    Set.copyOf(inFlight).forEach(Inference.Cancellation::cancel);
    inFlight.clear();
  }
}
