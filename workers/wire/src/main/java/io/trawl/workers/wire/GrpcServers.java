package io.trawl.workers.wire;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import io.vertx.core.internal.http.HttpServerRequestWrapper;
import io.vertx.grpc.common.GrpcHeaderNames;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.impl.GrpcReadStreamBase;
import io.vertx.grpc.server.GrpcProtocol;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServerRequest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** gRPC servers of Vert.x as every port here has them. */
public final class GrpcServers {
  private static final String STREAM = "trawl-stream";

  /** More than any method here has; an unknown one is told back to who asked. */
  private static final int MOST_PATH_CHARS = 256;

  /** What {@code GrpcServerRequest.last()} tells, which nobody asks here. */
  private static final VarHandle LAST = last();

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
   * What stands before such a server on every port, since Vert.x 5.0.7 does not mind itself:
   *
   * <ul>
   *   <li>A path that cannot be a method, which is {@code /service/method}, is told by a short one,
   *       and so is as unknown as it was. Vert.x cuts an unknown path at its last slash, and again,
   *       copying what is left: 3,900 slashes, which HPACK writes as one byte, took tens of ms.
   *   <li>The stream is named, which Vert.x' own requests do not do: {@link #stream}.
   *   <li>The encoding is named where a call names none. Vert.x answers a compressed message of
   *       such a call with nothing at all; so it is read as it is, and refused as undecodable.
   * </ul>
   */
  public static Handler<HttpServerRequest> before(Handler<HttpServerRequest> server) {
    return request -> {
      request.headers().set(STREAM, Integer.toString(request.streamId()));
      if (!request.headers().contains(GrpcHeaderNames.GRPC_ENCODING)) {
        request.headers().set(GrpcHeaderNames.GRPC_ENCODING, "identity");
      }
      server.handle(mayBeMethod(request.path()) ? request : new Nowhere(request));
    };
  }

  /**
   * Hands on each message of a call that may have many. Vert.x 5.0.7 keeps the one that came last
   * for as long as the call is open, whoever has counted it and is done with it; here it does not.
   */
  public static void receive(
      GrpcServerRequest<Buffer, Buffer> request, Handler<GrpcMessage> handler) {
    request.messageHandler(
        message -> {
          if (request instanceof GrpcReadStreamBase<?, ?>) {
            LAST.set(request, null);
          }
          handler.handle(message);
        });
  }

  private static VarHandle last() {
    try {
      return MethodHandles.privateLookupIn(GrpcReadStreamBase.class, MethodHandles.lookup())
          .findVarHandle(GrpcReadStreamBase.class, "last", GrpcMessage.class);
    } catch (ReflectiveOperationException otherVersion) {
      throw new IllegalStateException(
          "expected io.vertx.grpc.common.impl.GrpcReadStreamBase to have a field 'last', as Vert.x"
              + " 5.0.7 has",
          otherVersion);
    }
  }

  static boolean mayBeMethod(@Nullable String path) {
    if (path == null || path.length() > MOST_PATH_CHARS || !path.startsWith("/")) {
      return false;
    }
    int slash = path.indexOf('/', 1);
    return slash > 0 && path.indexOf('/', slash + 1) < 0;
  }

  /** A call of nothing that there is. */
  private static final class Nowhere extends HttpServerRequestWrapper {
    private Nowhere(HttpServerRequest request) {
      super((HttpServerRequestInternal) request);
    }

    @Override
    public String path() {
      return "/unknown";
    }
  }

  /** Where a call is on its connection; 0 where nobody has named it. */
  public static int stream(GrpcServerRequest<?, ?> request) {
    String named = request.headers().get(STREAM);
    return named == null ? 0 : Integer.parseInt(named);
  }
}
