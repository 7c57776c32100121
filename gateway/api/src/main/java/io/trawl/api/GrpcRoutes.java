package io.trawl.api;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trawl.api.RetrievalCalls.Caller;
import io.trawl.api.rpc.Status;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.RetrievalProto;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.serve.Readiness;
import io.trawl.workers.protocol.HealthProto;
import io.trawl.workers.wire.GrpcHealth;
import io.trawl.workers.wire.GrpcReflection;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcHeaderNames;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcProtocol;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.Service;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The service {@code trawl.v1.Retrieval} on a gRPC server, beside health and reflection. Messages
 * pass through the server as bytes and are decoded by {@link GrpcExchange}, since the server would
 * cancel a call whose message it cannot decode.
 */
final class GrpcRoutes implements Handler<HttpServerRequest>, Service {

  private static final ServiceDescriptor SERVICE =
      RetrievalProto.getDescriptor().findServiceByName("Retrieval");

  private final Edge edge;
  private final GrpcServer server;

  GrpcRoutes(Edge edge) {
    this.edge = edge;
    var options = new GrpcServerOptions().setMaxMessageSize(edge.limits().maxBodyBytes());
    for (var protocol : GrpcProtocol.values()) {
      if (protocol != GrpcProtocol.HTTP_2) {
        options.removeEnabledProtocol(protocol);
      }
    }
    server = GrpcServer.server(edge.vertx(), options);
    server.addService(this);
    server.addService(new OipGrpc(edge));
    GrpcHealth.of(edge.vertx(), this::serving).mount(server);
    GrpcReflection.of(
            List.of(
                SERVICE, OipGrpc.SERVICE, HealthProto.getDescriptor().findServiceByName("Health")),
            List.of(Status.getDescriptor().getFile()))
        .mount(server);
    server.callHandler(this::unknownMethod);
  }

  private @Nullable Boolean serving(String service) {
    boolean ours =
        service.isEmpty()
            || service.equals(SERVICE.getFullName())
            || service.equals(OipGrpc.SERVICE.getFullName());
    return ours ? edge.readiness().get() instanceof Readiness.Ready : null;
  }

  @Override
  public void handle(HttpServerRequest request) {
    var contentType = request.getHeader(HttpHeaders.CONTENT_TYPE);
    if (contentType == null || !contentType.startsWith("application/grpc")) {
      new HttpExchange(edge, request)
          .refuse(Ending.NOT_SERVED, "this port speaks gRPC only; HTTP has a port of its own");
      return;
    }
    // The server's deframer fails on a compressed message whose encoding is not named.
    if (!request.headers().contains(GrpcHeaderNames.GRPC_ENCODING)) {
      request.headers().set(GrpcHeaderNames.GRPC_ENCODING, "identity");
    }
    server.handle(request);
  }

  @Override
  public ServiceName name() {
    return ServiceName.create(SERVICE.getFullName());
  }

  @Override
  public ServiceDescriptor descriptor() {
    return SERVICE;
  }

  /** What a method is called in metrics: {@code list_objectives} for ListObjectives. */
  static String label(String rpc) {
    return rpc.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  @Override
  public void bind(GrpcServer to) {
    var calls = edge.calls();
    bind(to, "Retrieve", RetrieveRequest.getDefaultInstance(), calls::retrieve);
    bind(to, "RetrieveBatch", RetrieveBatchRequest.getDefaultInstance(), calls::retrieveBatch);
    bind(
        to,
        "RetrieveStream",
        RetrieveRequest.getDefaultInstance(),
        (message, caller, exchange) -> {
          exchange.stream();
          return calls.retrieveStream(message, caller, exchange::offer);
        });
    bind(to, "Similar", SimilarRequest.getDefaultInstance(), calls::similar);
    bind(to, "Search", SearchRequest.getDefaultInstance(), calls::search);
    bind(to, "ListObjectives", ListObjectivesRequest.getDefaultInstance(), calls::listObjectives);
    bind(to, "GetItem", GetItemRequest.getDefaultInstance(), calls::getItem);
  }

  private <M extends Message> void bind(
      GrpcServer to, String rpc, M prototype, BiFunction<M, Caller, Future<Reply>> call) {
    bind(to, rpc, prototype, (message, caller, _) -> call.apply(message, caller));
  }

  @FunctionalInterface
  private interface Call<M> {
    Future<Reply> call(M message, Caller caller, GrpcExchange exchange);
  }

  private <M extends Message> void bind(GrpcServer to, String rpc, M prototype, Call<M> call) {
    ServiceMethod<Buffer, Buffer> path =
        ServiceMethod.server(name(), rpc, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY);
    to.callHandler(
        path,
        request -> {
          var exchange = new GrpcExchange(edge, request);
          exchange.method(label(rpc));
          if (edge.full()) {
            exchange.shed();
          }
          exchange.guard(
              () ->
                  exchange.receive(
                      prototype, (message, caller) -> call.call(message, caller, exchange)));
        });
  }

  private void unknownMethod(GrpcServerRequest<Buffer, Buffer> request) {
    var exchange = new GrpcExchange(edge, request);
    exchange.refuse(
        Ending.UNKNOWN_METHOD,
        "expected a method of " + SERVICE.getFullName() + ", of health or of reflection");
  }
}
