package io.trawl.workers.server.edge;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.server.edge.Restriction.Protocol;
import io.trawl.workers.server.repository.RepositoryService;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** The gRPC side of the worker: which method means which call of the service. */
public final class GrpcEdge {
  public static final ServiceDescriptor DESCRIPTOR =
      io.trawl.workers.protocol.Inference.getDescriptor().findServiceByName("GRPCInferenceService");

  /** Requests of one stream that are worked on at a time. */
  public static final int MOST_IN_FLIGHT = 64;

  /** The call that lasts for as long as its caller likes. */
  public static final String STREAM_PATH = "/" + DESCRIPTOR.getFullName() + "/ModelStreamInfer";

  /** More than any call needs that brings neither tensors nor files. */
  private static final int SMALL_MESSAGE_BYTES = 64 << 10;

  private static final String HEALTH_PATH = "/grpc.health.v1.Health/";

  private static final ServiceName SERVICE = ServiceName.create(DESCRIPTOR.getFullName());

  /** Triton's other calls: what they are about does not exist here, and is not advertised. */
  private static final List<String> NOT_SERVED =
      List.of(
          "SystemSharedMemoryStatus",
          "SystemSharedMemoryRegister",
          "SystemSharedMemoryUnregister",
          "CudaSharedMemoryStatus",
          "CudaSharedMemoryRegister",
          "CudaSharedMemoryUnregister",
          "TraceSetting",
          "LogSettings");

  private final OipService service;
  private final NanoClock ticker;
  private final Alarm alarm;
  private final Reading reading;
  private final int maxMessageBytes;
  private final Restrictions restrictions;
  private final AtomicInteger openStreams = new AtomicInteger();

  public GrpcEdge(
      OipService service,
      Reading reading,
      NanoClock ticker,
      Alarm alarm,
      int maxMessageBytes,
      Restrictions restrictions) {
    this.service = service;
    this.ticker = ticker;
    this.alarm = alarm;
    this.reading = reading;
    this.maxMessageBytes = maxMessageBytes;
    this.restrictions = restrictions;
  }

  int openStreams() {
    return openStreams.get();
  }

  public void register(GrpcServer server) {
    unary(server, "ServerLive", ServerLiveRequest.getDefaultInstance(), service::serverLive);
    unary(server, "ServerReady", ServerReadyRequest.getDefaultInstance(), service::serverReady);
    unary(server, "ModelReady", ModelReadyRequest.getDefaultInstance(), service::modelReady);
    unary(
        server,
        "ServerMetadata",
        ServerMetadataRequest.getDefaultInstance(),
        service::serverMetadata);
    unary(
        server, "ModelMetadata", ModelMetadataRequest.getDefaultInstance(), service::modelMetadata);
    unary(server, "ModelConfig", ModelConfigRequest.getDefaultInstance(), service::modelConfig);
    unary(
        server,
        "ModelStatistics",
        ModelStatisticsRequest.getDefaultInstance(),
        service::modelStatistics);
    RepositoryService control = service.control();
    later(server, "RepositoryIndex", RepositoryIndexRequest.getDefaultInstance(), control::index);
    on(server, "RepositoryModelLoad", request -> load(control, request));
    later(
        server,
        "RepositoryModelUnload",
        RepositoryModelUnloadRequest.getDefaultInstance(),
        control::unload);
    for (String method : NOT_SERVED) {
      CallFailure refusal = CallFailure.unimplemented(method + " is not served by this worker");
      on(server, method, request -> call(request).refuse(refusal));
    }
    on(
        server,
        "ModelInfer",
        request -> call(request).read(ModelInferRequest.getDefaultInstance(), this::infer));
    on(server, "ModelStreamInfer", this::stream);
  }

  private <Q extends Message> void unary(
      GrpcServer server, String method, Q prototype, Function<Q, Message> answer) {
    on(
        server,
        method,
        request ->
            smallCall(request).read(prototype, (call, asked) -> call.answer(answer.apply(asked))));
  }

  /** A call that is answered from elsewhere than the event loop. */
  private <Q extends Message, R extends Message> void later(
      GrpcServer server, String method, Q prototype, Function<Q, Future<R>> answer) {
    on(
        server,
        method,
        request ->
            smallCall(request)
                .read(prototype, (call, asked) -> answerLater(call, answer.apply(asked))));
  }

  /** What brings files is large: where it is not allowed, it is not read. */
  private void load(RepositoryService control, GrpcServerRequest<Buffer, Buffer> request) {
    Optional<CallFailure> refusal = control.refusal();
    if (refusal.isPresent()) {
      call(request).refuse(refusal.get());
      return;
    }
    call(request)
        .read(
            RepositoryModelLoadRequest.getDefaultInstance(),
            (call, asked) -> answerLater(call, control.load(asked)));
  }

  private static void answerLater(GrpcUnary call, Future<? extends Message> answer) {
    Context context = Vertx.currentContext();
    answer.onComplete(
        result -> context.runOnContext(_ -> call.answer(result)),
        failure -> context.runOnContext(_ -> call.failWith(failure)));
  }

  private void on(
      GrpcServer server, String method, Handler<GrpcServerRequest<Buffer, Buffer>> start) {
    ServiceMethod<Buffer, Buffer> raw =
        ServiceMethod.server(
            SERVICE, method, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY);
    Protocol protocol = protocol(method);
    server.callHandler(
        raw,
        request ->
            restrictions
                .missing(protocol, request.headers())
                .map(GrpcEdge::restricted)
                .or(() -> Deadline.malformed(request.headers()))
                .ifPresentOrElse(
                    failure -> call(request).refuse(failure), () -> start.handle(request)));
  }

  private static CallFailure restricted(String header) {
    return CallFailure.unavailable(
        "This protocol is restricted, expecting header '" + header + "'");
  }

  private static Protocol protocol(String method) {
    return switch (method) {
      case "ServerLive", "ServerReady", "ModelReady" -> Protocol.HEALTH;
      case "ServerMetadata", "ModelMetadata" -> Protocol.METADATA;
      case "ModelInfer", "ModelStreamInfer" -> Protocol.INFERENCE;
      case "ModelConfig" -> Protocol.MODEL_CONFIG;
      case "RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload" ->
          Protocol.MODEL_REPOSITORY;
      case "ModelStatistics" -> Protocol.STATISTICS;
      case "TraceSetting" -> Protocol.TRACE;
      case "LogSettings" -> Protocol.LOGGING;
      default -> Protocol.SHARED_MEMORY;
    };
  }

  /** Restricts the standard health service as the protocol's own calls of health. */
  public Handler<HttpServerRequest> restrictingHealth(Handler<HttpServerRequest> next) {
    return request -> {
      Optional<String> missing =
          request.path().startsWith(HEALTH_PATH)
              ? restrictions.missing(Protocol.HEALTH, request.headers())
              : Optional.empty();
      if (missing.isEmpty()) {
        next.handle(request);
      } else {
        request
            .response()
            .putHeader("content-type", "application/grpc")
            .putHeader("grpc-status", Integer.toString(GrpcStatus.UNAVAILABLE.code))
            .putHeader("grpc-message", restricted(missing.get()).message())
            .end();
      }
    };
  }

  private GrpcUnary call(GrpcServerRequest<Buffer, Buffer> request) {
    return new GrpcUnary(request, reading, ticker, alarm, maxMessageBytes, false);
  }

  private GrpcUnary smallCall(GrpcServerRequest<Buffer, Buffer> request) {
    return new GrpcUnary(
        request, reading, ticker, alarm, Math.min(SMALL_MESSAGE_BYTES, maxMessageBytes), true);
  }

  private void infer(GrpcUnary call, ModelInferRequest request) {
    Context context = Vertx.currentContext();
    Inference.Cancellation cancellation =
        service.infer(
            request,
            call.leftNanos(),
            new Inference.Caller() {
              @Override
              public void answered(ModelInferResponse response) {
                // Encoded by the thread that made it: the event loop has others to serve.
                Buffer encoded = GrpcCodec.encode(response);
                context.runOnContext(_ -> call.send(encoded));
              }

              @Override
              public void failed(CallFailure failure) {
                context.runOnContext(_ -> call.fail(failure));
              }
            });
    call.onLeave(cancellation::cancel);
  }

  private void stream(GrpcServerRequest<Buffer, Buffer> request) {
    openStreams.incrementAndGet();
    new GrpcStream(
            request,
            service,
            ticker,
            alarm,
            Vertx.currentContext(),
            reading,
            maxMessageBytes,
            MOST_IN_FLIGHT,
            openStreams::decrementAndGet)
        .start();
  }
}
