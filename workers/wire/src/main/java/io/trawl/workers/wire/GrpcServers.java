package io.trawl.workers.wire;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcHeaderNames;
import io.vertx.grpc.server.GrpcProtocol;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServerRequest;

/** gRPC servers of Vert.x as every port here has them. */
public final class GrpcServers {
  private static final String STREAM = "trawl-stream";

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

  /** Names the stream of each call, which Vert.x' own requests do not: {@link #stream}. */
  public static Handler<HttpServerRequest> namingStream(Handler<HttpServerRequest> next) {
    return request -> {
      request.headers().set(STREAM, Integer.toString(request.streamId()));
      next.handle(request);
    };
  }

  /** Where a call is on its connection; 0 where nobody has named it. */
  public static int stream(GrpcServerRequest<?, ?> request) {
    String named = request.headers().get(STREAM);
    return named == null ? 0 : Integer.parseInt(named);
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
