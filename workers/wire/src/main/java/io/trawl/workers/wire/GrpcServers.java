package io.trawl.workers.wire;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcHeaderNames;
import io.vertx.grpc.server.GrpcProtocol;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;

/** gRPC servers of Vert.x as every port here has them. */
public final class GrpcServers {
  private GrpcServers() {}

  /** A server of gRPC over HTTP/2 and of none of its other protocols, such as gRPC-Web. */
  public static GrpcServer overHttp2(Vertx vertx, int maxMessageBytes) {
    GrpcServerOptions options = new GrpcServerOptions().setMaxMessageSize(maxMessageBytes);
    for (GrpcProtocol protocol : GrpcProtocol.values()) {
      if (protocol != GrpcProtocol.HTTP_2) {
        options.removeEnabledProtocol(protocol);
      }
    }
    return GrpcServer.server(vertx, options);
  }

  /**
   * Names the encoding where a call names none. Vert.x 5.0.7 answers a compressed message of such a
   * call with nothing at all; so it is read as it is, and refused as undecodable.
   */
  public static Handler<HttpServerRequest> namingEncoding(Handler<HttpServerRequest> next) {
    return request -> {
      if (!request.headers().contains(GrpcHeaderNames.GRPC_ENCODING)) {
        request.headers().set(GrpcHeaderNames.GRPC_ENCODING, "identity");
      }
      next.handle(request);
    };
  }
}
