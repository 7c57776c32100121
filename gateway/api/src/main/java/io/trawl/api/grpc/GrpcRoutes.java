package io.trawl.api.grpc;

import io.trawl.api.call.CallEnding;
import io.trawl.api.call.Edge;
import io.trawl.api.rpc.Status;
import io.trawl.serve.space.Readiness;
import io.trawl.workers.protocol.HealthProto;
import io.trawl.workers.wire.GrpcHealth;
import io.trawl.workers.wire.GrpcReflection;
import io.trawl.workers.wire.GrpcServers;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The services of the API on a gRPC server, beside health and reflection. */
public final class GrpcRoutes implements Handler<HttpServerRequest> {

  private final Edge edge;
  private final List<GrpcCalls> services;
  private final Supplier<Readiness> readiness;
  private final Handler<HttpServerRequest> misplaced;
  private final Handler<HttpServerRequest> calls;

  /**
   * @param services the API's own first
   * @param readiness what health tells; asked at each probe, must not block
   * @param misplaced answers what is not gRPC
   */
  public GrpcRoutes(
      Edge edge,
      List<GrpcCalls> services,
      Supplier<Readiness> readiness,
      Handler<HttpServerRequest> misplaced) {
    this.edge = edge;
    this.services = List.copyOf(services);
    this.readiness = readiness;
    this.misplaced = misplaced;
    var server = GrpcServers.overHttp2(edge.vertx(), edge.limits().messages().maxBodyBytes());
    services.forEach(server::addService);
    GrpcHealth.of(edge.vertx(), this::serving).mount(server);
    var health = HealthProto.getDescriptor().findServiceByName("Health");
    GrpcReflection.of(
            Stream.concat(services.stream().map(GrpcCalls::descriptor), Stream.of(health)).toList(),
            List.of(Status.getDescriptor().getFile()))
        .mount(server);
    server.callHandler(this::unknownMethod);
    calls = GrpcServers.before(server);
  }

  private @Nullable Boolean serving(String service) {
    boolean ours =
        service.isEmpty()
            || services.stream().anyMatch(one -> one.descriptor().getFullName().equals(service));
    return ours ? readiness.get() instanceof Readiness.Ready : null;
  }

  @Override
  public void handle(HttpServerRequest request) {
    var contentType = request.getHeader(HttpHeaders.CONTENT_TYPE);
    if (contentType == null || !contentType.startsWith("application/grpc")) {
      misplaced.handle(request);
      return;
    }
    calls.handle(request);
  }

  private void unknownMethod(GrpcServerRequest<Buffer, Buffer> request) {
    new GrpcExchange(edge, request, "grpc")
        .refuse(
            CallEnding.UNKNOWN_METHOD,
            "expected a method of "
                + services.getFirst().descriptor().getFullName()
                + ", of health or of reflection");
  }
}
