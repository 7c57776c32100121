package io.trawl.workers.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.trawl.workers.wire.ContentCoding.Unpacked;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.function.Consumer;

/**
 * A call of one of the small services beside the main one: messages of a few bytes, read here and
 * not by the library, which answers with a bare reset what it cannot read. Used on the context of
 * its connection only.
 */
final class SmallCall {
  private static final int MAX_MESSAGE_BYTES = 64 << 10;

  private final GrpcServerRequest<Buffer, Buffer> request;
  private final GrpcReply reply;
  private boolean ended;
  private boolean left;
  private Runnable whenOver = () -> {};

  private SmallCall(GrpcServerRequest<Buffer, Buffer> request) {
    this.request = request;
    this.reply = new GrpcReply(request, this::leave);
  }

  /** Serves a method with calls of this kind. */
  static void serve(
      GrpcServer server, ServiceName service, String method, Consumer<SmallCall> start) {
    ServiceMethod<Buffer, Buffer> raw =
        ServiceMethod.server(
            service, method, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY);
    server.callHandler(raw, request -> start.accept(new SmallCall(request)));
  }

  /** Hands each message on; when the caller has sent its last, so is told the second argument. */
  <Q> void read(Parser<Q> parser, Consumer<Q> each, Runnable end) {
    request.errorHandler(_ -> leave());
    request.exceptionHandler(_ -> leave());
    request.response().exceptionHandler(_ -> leave());
    request.invalidMessageHandler(_ -> failTooLarge());
    request.messageHandler(
        message -> {
          if (over()) {
            return;
          }
          try {
            each.accept(parser.parseFrom(payload(message)));
          } catch (InvalidProtocolBufferException e) {
            fail(GrpcStatus.INVALID_ARGUMENT, "message cannot be decoded: " + e.getMessage());
          } catch (Unreadable e) {
            fail(e.status, String.valueOf(e.getMessage()));
          }
        });
    request.endHandler(_ -> end.run());
  }

  private static byte[] payload(GrpcMessage message) throws Unreadable {
    if (message.format() != WireFormat.PROTOBUF) {
      throw new Unreadable(
          GrpcStatus.UNIMPLEMENTED, "wire format " + message.format() + " is not served");
    }
    byte[] payload = message.payload().getBytes();
    String encoding = message.encoding();
    if (encoding.equals("identity")) {
      return bounded(payload);
    }
    ContentCoding coding =
        ContentCoding.named(encoding)
            .orElseThrow(
                () ->
                    new Unreadable(
                        GrpcStatus.UNIMPLEMENTED,
                        "grpc-encoding '" + encoding + "' is not supported"));
    return switch (coding.unpack(payload, MAX_MESSAGE_BYTES)) {
      case Unpacked.Whole(var bytes) -> bytes;
      case Unpacked.TooLarge() -> throw new Unreadable(GrpcStatus.RESOURCE_EXHAUSTED, tooLarge());
      case Unpacked.Broken(var why) ->
          throw new Unreadable(
              GrpcStatus.INVALID_ARGUMENT, encoding + " message cannot be unpacked: " + why);
    };
  }

  private static byte[] bounded(byte[] bytes) throws Unreadable {
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw new Unreadable(GrpcStatus.RESOURCE_EXHAUSTED, tooLarge());
    }
    return bytes;
  }

  private static String tooLarge() {
    return "message is larger than " + MAX_MESSAGE_BYTES + " bytes";
  }

  private void failTooLarge() {
    fail(GrpcStatus.RESOURCE_EXHAUSTED, tooLarge());
  }

  /** Sends one of several answers; while the caller does not read them, its messages wait. */
  void write(Message message) {
    if (over()) {
      return;
    }
    reply.write(HeapBytes.wrap(message.toByteArray()));
    if (!over() && request.response().writeQueueFull()) {
      request.pause();
      request.response().drainHandler(_ -> request.resume());
    }
  }

  /** Who calls, as bounds by address tell callers apart. */
  String caller() {
    return PortWatch.caller(request.connection());
  }

  /** Whether an answer would wait for the caller to read earlier ones. */
  boolean full() {
    return request.response().writeQueueFull();
  }

  /** Sends the only, or last, answer. */
  void end(Message message) {
    if (takeEnd()) {
      reply.end(HeapBytes.wrap(message.toByteArray()));
    }
  }

  void end() {
    if (takeEnd()) {
      reply.end();
    }
  }

  void fail(GrpcStatus status, String text) {
    if (takeEnd()) {
      reply.fail(status, text);
    }
  }

  /** What to do once when the call is over, however that comes. */
  void whenOver(Runnable task) {
    whenOver = task;
  }

  boolean over() {
    return ended || left;
  }

  private void leave() {
    if (!over()) {
      left = true;
      whenOver.run();
    }
  }

  private boolean takeEnd() {
    if (over()) {
      return false;
    }
    ended = true;
    whenOver.run();
    return true;
  }

  private static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    private final GrpcStatus status;

    Unreadable(GrpcStatus status, String text) {
      super(text, null, false, false);
      this.status = status;
    }
  }
}
