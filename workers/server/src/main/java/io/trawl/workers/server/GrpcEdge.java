package io.trawl.workers.server;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.Unpooled;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.common.WireFormat;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC side of the worker.
 *
 * <p>Messages are decoded here rather than by the library, for three reasons: a message that cannot
 * be read gets INVALID_ARGUMENT instead of a bare reset, the limit also holds for what gzip unpacks
 * to, and raw tensors stay views of the received bytes.
 */
final class GrpcEdge {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcEdge.class);
  static final ServiceDescriptor DESCRIPTOR =
      io.trawl.workers.protocol.Inference.getDescriptor().findServiceByName("GRPCInferenceService");
  private static final ServiceName SERVICE = ServiceName.create(DESCRIPTOR.getFullName());

  private final OipService service;
  private final int maxMessageBytes;

  GrpcEdge(OipService service, int maxMessageBytes) {
    this.service = service;
    this.maxMessageBytes = maxMessageBytes;
  }

  void register(GrpcServer server) {
    unary(server, "ServerLive", ServerLiveRequest.parser(), service::serverLive);
    unary(server, "ServerReady", ServerReadyRequest.parser(), service::serverReady);
    unary(server, "ModelReady", ModelReadyRequest.parser(), service::modelReady);
    unary(server, "ServerMetadata", ServerMetadataRequest.parser(), service::serverMetadata);
    unary(server, "ModelMetadata", ModelMetadataRequest.parser(), service::modelMetadata);
    unary(server, "ModelConfig", ModelConfigRequest.parser(), service::modelConfig);
    on(server, "ModelInfer", call -> call.read(ModelInferRequest.parser(), this::infer));
  }

  /**
   * Names the encoding where a call names none. The library answers a compressed message of such a
   * call with nothing at all; so it is read as it is, and refused as undecodable.
   */
  static Handler<HttpServerRequest> namingEncoding(Handler<HttpServerRequest> next) {
    return request -> {
      if (!request.headers().contains("grpc-encoding")) {
        request.headers().set("grpc-encoding", "identity");
      }
      next.handle(request);
    };
  }

  private <Q> void unary(
      GrpcServer server, String method, Parser<Q> parser, Function<Q, Message> answer) {
    on(
        server,
        method,
        call -> call.read(parser, (asked, request) -> asked.answer(answer.apply(request))));
  }

  private void on(GrpcServer server, String method, Consumer<Call> start) {
    ServiceMethod<Buffer, Buffer> raw =
        ServiceMethod.server(
            SERVICE, method, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY);
    server.callHandler(raw, request -> start.accept(new Call(request, maxMessageBytes)));
  }

  private void infer(Call call, ModelInferRequest request) {
    Context context = Vertx.currentContext();
    Inference.Cancellation cancellation =
        service.infer(
            request,
            call.deadlineNanos(),
            new Inference.Caller() {
              @Override
              public void answered(ModelInferResponse response) {
                // Encoded by the thread that made it: the event loop has others to serve.
                Buffer encoded = encode(response);
                context.runOnContext(_ -> call.send(encoded));
              }

              @Override
              public void failed(Problem problem) {
                context.runOnContext(_ -> call.fail(problem));
              }
            });
    call.onLeave(cancellation::cancel);
  }

  private static Buffer encode(Message message) {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(message.toByteArray()));
  }

  /** Reads a message; the limit holds for what it unpacks to. */
  private static <Q> Q decode(GrpcMessage message, Parser<Q> parser, int maxBytes) {
    byte[] bytes =
        switch (message.encoding()) {
          case "identity" -> message.payload().getBytes();
          case "gzip" -> unpack(message.payload().getBytes(), maxBytes);
          default ->
              throw new Problem(
                      Problem.Code.UNIMPLEMENTED,
                      Problem.Reason.OTHER,
                      "grpc-encoding '" + message.encoding() + "' is not supported")
                  .asException();
        };
    try {
      CodedInputStream input = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
      // Fields of bytes become views of the array, which nobody else holds.
      input.enableAliasing(true);
      return parser.parseFrom(input);
    } catch (InvalidProtocolBufferException e) {
      throw Problem.invalid("message cannot be decoded: " + e.getMessage()).asException();
    }
  }

  private static byte[] unpack(byte[] packed, int maxBytes) {
    try (GZIPInputStream unpacking = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      ByteString.Output unpacked = ByteString.newOutput(packed.length);
      byte[] chunk = new byte[8192];
      for (int read = unpacking.read(chunk); read >= 0; read = unpacking.read(chunk)) {
        if (unpacked.size() + read > maxBytes) {
          throw tooLarge(maxBytes).asException();
        }
        unpacked.write(chunk, 0, read);
      }
      return unpacked.toByteString().toByteArray();
    } catch (IOException e) {
      throw Problem.invalid("gzip message cannot be unpacked: " + e.getMessage()).asException();
    }
  }

  private static Problem tooLarge(int maxBytes) {
    return new Problem(
        Problem.Code.RESOURCE_EXHAUSTED,
        Problem.Reason.OTHER,
        "Received message larger than max (" + maxBytes + " bytes)");
  }

  /** One call on its way: read once, ended once, all on the context of its connection. */
  private static final class Call {
    private final GrpcServerRequest<Buffer, Buffer> request;
    private final int maxMessageBytes;
    private boolean read;
    private boolean ended;
    private boolean left;
    private Runnable whenLeft = () -> {};

    Call(GrpcServerRequest<Buffer, Buffer> request, int maxMessageBytes) {
      this.request = request;
      this.maxMessageBytes = maxMessageBytes;
    }

    <Q> void read(Parser<Q> parser, BiConsumer<Call, Q> handler) {
      request.errorHandler(_ -> leave());
      request.exceptionHandler(_ -> leave());
      request.invalidMessageHandler(_ -> fail(tooLarge(maxMessageBytes)));
      request.messageHandler(message -> handle(message, parser, handler));
      request.endHandler(
          _ -> {
            if (!read) {
              fail(Problem.invalid("the call ended without a request message"));
            }
          });
    }

    private <Q> void handle(GrpcMessage message, Parser<Q> parser, BiConsumer<Call, Q> handler) {
      if (read) {
        fail(Problem.invalid("a unary call takes one request message"));
        return;
      }
      read = true;
      try {
        if (message.format() != WireFormat.PROTOBUF) {
          throw new Problem(
                  Problem.Code.UNIMPLEMENTED,
                  Problem.Reason.OTHER,
                  "wire format " + message.format() + " is not served, send protobuf")
              .asException();
        }
        handler.accept(this, decode(message, parser, maxMessageBytes));
      } catch (RequestException e) {
        fail(e.problem());
      } catch (RuntimeException e) {
        LOG.error("{} ended in a bug", request.fullMethodName(), e);
        fail(new Problem(Problem.Code.INTERNAL, Problem.Reason.OTHER, "internal error"));
      }
    }

    long deadlineNanos() {
      String header = request.headers().get("grpc-timeout");
      return header == null ? BatchQueue.NEVER : timeoutNanos(header);
    }

    void onLeave(Runnable task) {
      if (left) {
        task.run();
      } else {
        whenLeft = task;
      }
    }

    private void leave() {
      left = true;
      whenLeft.run();
    }

    void answer(Message message) {
      send(encode(message));
    }

    void send(Buffer message) {
      if (mayEnd()) {
        request.response().end(message);
      }
    }

    void fail(Problem problem) {
      if (mayEnd()) {
        request
            .response()
            .status(GrpcStatus.valueOf(problem.code().name()))
            .statusMessage(problem.message())
            .end();
      }
    }

    private boolean mayEnd() {
      boolean may = !ended && !left;
      ended = true;
      return may;
    }
  }

  /** As gRPC writes it: up to eight digits and a unit. What cannot be read sets no deadline. */
  static long timeoutNanos(String header) {
    int digits = header.length() - 1;
    if (digits < 1 || digits > 8 || !header.chars().limit(digits).allMatch(Character::isDigit)) {
      return BatchQueue.NEVER;
    }
    long value = Long.parseLong(header, 0, digits, 10);
    return switch (header.charAt(digits)) {
      case 'H' -> TimeUnit.HOURS.toNanos(value);
      case 'M' -> TimeUnit.MINUTES.toNanos(value);
      case 'S' -> TimeUnit.SECONDS.toNanos(value);
      case 'm' -> TimeUnit.MILLISECONDS.toNanos(value);
      case 'u' -> TimeUnit.MICROSECONDS.toNanos(value);
      case 'n' -> value;
      default -> BatchQueue.NEVER;
    };
  }
}
