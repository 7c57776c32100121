package io.trawl.api;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trawl.api.RetrievalCalls.Caller;
import io.trawl.workers.protocol.Inference;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.Service;
import java.util.function.BiFunction;

/**
 * The service {@code inference.GRPCInferenceService} on the gRPC port: the calls that a client
 * needs to find the model and to ask it. All others are unknown methods.
 */
final class OipGrpc implements Service {

  static final ServiceDescriptor SERVICE =
      Inference.getDescriptor().findServiceByName("GRPCInferenceService");

  private final Edge edge;

  OipGrpc(Edge edge) {
    this.edge = edge;
  }

  @Override
  public ServiceName name() {
    return ServiceName.create(SERVICE.getFullName());
  }

  @Override
  public ServiceDescriptor descriptor() {
    return SERVICE;
  }

  @Override
  public void bind(GrpcServer to) {
    var calls = edge.oip();
    bind(to, "ServerLive", ServerLiveRequest.getDefaultInstance(), calls::serverLive);
    bind(to, "ServerReady", ServerReadyRequest.getDefaultInstance(), calls::serverReady);
    bind(to, "ModelReady", ModelReadyRequest.getDefaultInstance(), calls::modelReady);
    bind(to, "ServerMetadata", ServerMetadataRequest.getDefaultInstance(), calls::serverMetadata);
    bind(to, "ModelMetadata", ModelMetadataRequest.getDefaultInstance(), calls::modelMetadata);
    bind(to, "ModelConfig", ModelConfigRequest.getDefaultInstance(), calls::modelConfig);
    bind(to, "ModelInfer", ModelInferRequest.getDefaultInstance(), calls::modelInfer);
  }

  private <M extends Message> void bind(
      GrpcServer to, String rpc, M prototype, BiFunction<M, Caller, Future<Reply>> call) {
    ServiceMethod<Buffer, Buffer> path =
        ServiceMethod.server(name(), rpc, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY);
    to.callHandler(
        path,
        request -> {
          var exchange = new GrpcExchange(edge, request, OipModel.PROTOCOL);
          exchange.method(GrpcRoutes.label(rpc));
          if (edge.full()) {
            exchange.shed();
          }
          exchange.guard(() -> exchange.receive(prototype, call));
        });
  }
}
