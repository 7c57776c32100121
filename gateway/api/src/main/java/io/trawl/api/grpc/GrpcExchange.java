package io.trawl.api.grpc;

import com.google.protobuf.Message;
import io.trawl.api.call.CallEnding;
import io.trawl.api.call.CallExchange;
import io.trawl.api.call.CallReply;
import io.trawl.api.call.Edge;
import io.trawl.api.call.RetrievalCalls.Caller;
import io.trawl.api.check.RequestIds;
import io.trawl.api.check.Violations;
import io.trawl.api.codec.Decoded;
import io.trawl.api.codec.JsonDecoder;
import io.trawl.api.codec.JsonEncoder;
import io.trawl.api.codec.WireDecoder;
import io.trawl.workers.wire.ContentCoding;
import io.trawl.workers.wire.HeapBytes;
import io.trawl.workers.wire.MessageWeight;
import io.trawl.workers.wire.bounds.GrpcTimeout;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A call over gRPC, its message in protobuf or ({@code application/grpc+json}) in JSON. */
public final class GrpcExchange extends CallExchange {

  /**
   * What a byte of the largest message may become while it is read. A batch of histories with short
   * ids, which is what asks for most, has twelve.
   */
  private static final int BYTES_OF_A_WIRE_BYTE = 16;

  private final GrpcServerRequest<Buffer, Buffer> request;
  private @Nullable GrpcMessage message;
  private boolean headWritten;

  GrpcExchange(Edge edge, GrpcServerRequest<Buffer, Buffer> request, String protocol) {
    super(edge, protocol, request.connection());
    this.request = request;
    request.errorHandler(_ -> gone());
    request.exceptionHandler(_ -> gone());
    request.response().exceptionHandler(_ -> gone());
    request.invalidMessageHandler(_ -> refuseTooLarge());
    identify(request.headers().get(RequestIds.HEADER));
  }

  /** Receives the call's one message and hands it on. */
  <M extends Message> void receive(M prototype, BiFunction<M, Caller, Future<CallReply>> then) {
    long timeoutNanos = timeoutNanos();
    awaitBody();
    request.messageHandler(
        arrived -> {
          if (message != null) {
            refuseInvalid("", "holds more than one message; expected one");
          }
          message = arrived;
        });
    request.endHandler(
        _ -> {
          bodyArrived(message == null ? 0 : message.payload().length());
          if (!ended()) {
            guard(() -> decode(prototype, then, timeoutNanos));
          }
        });
  }

  @Override
  protected void stream() {
    request.response().drainHandler(_ -> writeWaiting());
  }

  @Override
  protected boolean writable() {
    return !request.response().writeQueueFull();
  }

  @Override
  protected void writeUpdate(String requestId, Message update) {
    name(requestId);
    request.response().write(encoded(update));
  }

  /** The head goes out with the first message, and takes nothing more. */
  private void name(String requestId) {
    if (!headWritten) {
      headWritten = true;
      request.response().headers().set(RequestIds.HEADER, requestId);
    }
  }

  private Buffer encoded(Message message) {
    return request.format() == WireFormat.JSON
        ? JsonEncoder.encode(message)
        : HeapBytes.wrap(message.toByteArray());
  }

  private <M extends Message> void decode(
      M prototype, BiFunction<M, Caller, Future<CallReply>> then, long timeoutNanos) {
    if (message == null) {
      refuseInvalid("", "holds no complete message; expected one");
      return;
    }
    var payload = payload(message);
    if (payload == null) {
      return;
    }
    var caller = caller(timeoutNanos);
    var format = message.format();
    read(
        payload.length,
        () -> {
          var decoded = decoded(payload, format, prototype);
          return decoded == null
              ? () -> refuseTooHeavy(payload.length)
              : () -> readable(decoded, whole -> then.apply(whole, caller));
        });
  }

  /** What a message is, or null where it would become too much. */
  private <M extends Message> @Nullable Decoded<M> decoded(
      byte[] payload, WireFormat format, M prototype) {
    var limits = edge.limits().messages();
    if (format == WireFormat.JSON) {
      return JsonDecoder.within(limits).decode(payload, prototype);
    }
    var weight = MessageWeight.of(payload, prototype.getDescriptorForType(), mostWeight());
    return weight.bytes() > mostWeight()
        ? null
        : new WireDecoder(limits.maxViolations()).decode(payload, prototype, weight.allKnown());
  }

  private long mostWeight() {
    return (long) edge.limits().messages().maxBodyBytes() * BYTES_OF_A_WIRE_BYTE;
  }

  private void refuseTooHeavy(int bytes) {
    refuse(
        CallEnding.TOO_LARGE,
        "the message of %d bytes takes more than %d bytes of memory when it is read"
            .formatted(bytes, mostWeight()));
  }

  /** The message's bytes, or null where there are none and the call has been refused. */
  private byte @Nullable [] payload(GrpcMessage from) {
    if (from.encoding().equals("identity")) {
      return from.payload().getBytes();
    }
    var coding = ContentCoding.named(from.encoding());
    if (coding.isPresent()) {
      return unpacked(coding.get(), from.payload().getBytes());
    }
    refuse(CallEnding.NOT_SERVED, "expected grpc-encoding identity, gzip or deflate");
    return null;
  }

  /** What grpc-timeout allows; the server's own reading of it drops what is below a millisecond. */
  private long timeoutNanos() {
    var header = request.headers().get(GrpcTimeout.HEADER);
    if (header == null) {
      return Long.MAX_VALUE;
    }
    var nanos = GrpcTimeout.nanos(header);
    if (nanos.isEmpty()) {
      refuseInvalid(
          GrpcTimeout.HEADER,
          "is " + Violations.quote(header) + "; expected up to 8 digits and one of H M S m u n");
    }
    return nanos.orElse(Long.MAX_VALUE);
  }

  @Override
  protected Written write(CallReply reply) {
    var response = request.response();
    name(reply.requestId());
    switch (reply) {
      case CallReply.Answer(_, var answer) -> {
        var bytes = encoded(answer);
        return new Written(response.end(bytes), bytes.length());
      }
      case CallReply.Refusal refusal -> {
        response.status(refusal.ending().grpcStatus());
        response.statusMessage(refusal.text());
        response.trailers().set(RichStatus.TRAILER, RichStatus.encode(refusal));
        return new Written(response.end(), 0);
      }
    }
  }

  @Override
  protected void cutOff() {
    request.response().cancel();
  }
}
