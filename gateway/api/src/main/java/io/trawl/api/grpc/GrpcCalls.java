package io.trawl.api.grpc;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trawl.api.call.ApiCall;
import io.trawl.api.call.CallReply;
import io.trawl.api.call.Edge;
import io.trawl.api.call.RetrievalCalls;
import io.trawl.api.call.RetrievalCalls.Caller;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * The calls of one service on a gRPC server. Messages pass through the server as bytes and are
 * decoded by {@link GrpcExchange}, since the server would cancel a call whose message it cannot
 * decode.
 */
public final class GrpcCalls implements Service {

  private final Edge edge;
  private final ServiceDescriptor service;
  private final String protocol;
  private final List<Consumer<GrpcServer>> bindings = new ArrayList<>();

  /**
   * @param protocol what metrics and logs call it
   */
  public GrpcCalls(Edge edge, ServiceDescriptor service, String protocol) {
    this.edge = edge;
    this.service = service;
    this.protocol = protocol;
  }

  /** The calls of the API's own service. */
  public static GrpcCalls of(Edge edge, RetrievalCalls calls) {
    var service = new GrpcCalls(edge, ApiCall.SERVICE, "grpc");
    ApiCall.TABLE.forEach(call -> service.with(call, calls));
    return service;
  }

  private <M extends Message> void with(ApiCall<M> call, RetrievalCalls calls) {
    with(
        call.rpc().getName(),
        call.method().equals(HttpMethod.POST),
        call.prototype(),
        (message, caller, exchange) -> call.ask(calls, message, caller, exchange));
  }

  /** Adds a call of the service that looks something up. */
  public <M extends Message> GrpcCalls with(
      String rpc, M prototype, BiFunction<M, Caller, Future<CallReply>> call) {
    return with(rpc, false, prototype, (message, caller, _) -> call.apply(message, caller));
  }

  /** Adds a call of the service that asks for work. */
  public <M extends Message> GrpcCalls working(
      String rpc, M prototype, BiFunction<M, Caller, Future<CallReply>> call) {
    return with(rpc, true, prototype, (message, caller, _) -> call.apply(message, caller));
  }

  private <M extends Message> GrpcCalls with(
      String rpc, boolean works, M prototype, Asking<M> asking) {
    ServiceMethod<Buffer, Buffer> method =
        ServiceMethod.server(name(), rpc, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY);
    bindings.add(
        server ->
            server.callHandler(
                method,
                request -> {
                  var exchange = new GrpcExchange(edge, request, protocol);
                  exchange.method(ApiCall.label(rpc));
                  if (exchange.admitted() && (!works || exchange.admittedToWork())) {
                    exchange.guard(
                        () ->
                            exchange.receive(
                                prototype,
                                (message, caller) -> asking.ask(message, caller, exchange)));
                  }
                }));
    return this;
  }

  @Override
  public ServiceName name() {
    return ServiceName.create(service.getFullName());
  }

  @Override
  public ServiceDescriptor descriptor() {
    return service;
  }

  @Override
  public void bind(GrpcServer server) {
    bindings.forEach(binding -> binding.accept(server));
  }

  /** Asks for an answer. */
  @FunctionalInterface
  private interface Asking<M> {
    Future<CallReply> ask(M message, Caller caller, GrpcExchange exchange);
  }
}
