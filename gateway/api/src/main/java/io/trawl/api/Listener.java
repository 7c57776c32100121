package io.trawl.api;

import io.trawl.api.call.Connections;
import io.trawl.api.call.Edge;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Both ports on one event loop. Several share the ports, and with them the connections. */
final class Listener extends VerticleBase {

  /**
   * Resets that a peer may send on one connection in 30 s. A caller that hedges or cancels sends
   * many in good faith, and Vert.x' own bound of 200 would end all its other calls with the
   * connection.
   */
  private static final int MAX_RESETS = 20_000;

  /** Streams of one connection; gateways in front of us put all their calls on a few. */
  private static final int MAX_STREAMS = 1000;

  private static final int CONNECTION_WINDOW_BYTES = 16 << 20;
  private static final int MIN_STREAM_WINDOW_BYTES = 65_535;

  private final Edge edge;
  private final HttpServer http;
  private final HttpServer grpc;

  /**
   * @param httpHandler takes requests of the HTTP port
   * @param grpcHandler takes requests of the gRPC port
   * @param invalidHandler answers what is not HTTP, on either
   */
  Listener(
      Edge edge,
      int httpPort,
      int grpcPort,
      Handler<HttpServerRequest> httpHandler,
      Handler<HttpServerRequest> grpcHandler,
      Handler<HttpServerRequest> invalidHandler) {
    this.edge = edge;
    http = server(httpPort, httpHandler, invalidHandler);
    grpc = server(grpcPort, grpcHandler, invalidHandler);
  }

  private HttpServer server(
      int port, Handler<HttpServerRequest> handler, Handler<HttpServerRequest> invalidHandler) {
    return edge.vertx()
        .createHttpServer(options(port))
        .requestHandler(handler)
        .invalidRequestHandler(invalidHandler)
        .connectionHandler(edge.connections()::opened);
  }

  int httpPort() {
    return http.actualPort();
  }

  int grpcPort() {
    return grpc.actualPort();
  }

  /** Begins something on this event loop. */
  Future<Void> on(Supplier<Future<Void>> begun) {
    Promise<Void> ended = Promise.promise();
    context.runOnContext(_ -> begun.get().onComplete(ended));
    return ended.future();
  }

  @Override
  public Future<?> start() {
    return http.listen().compose(_ -> grpc.listen());
  }

  @Override
  public Future<?> stop() {
    var left = Connections.left(edge.options().timeouts().drainTimeout());
    long millis = Math.max(1, left.toMillis());
    var shutDown =
        Future.join(
            http.shutdown(millis, TimeUnit.MILLISECONDS),
            grpc.shutdown(millis, TimeUnit.MILLISECONDS));
    // A peer that connected and never sent a byte is no connection yet, and would be waited for.
    return Future.any(shutDown, edge.connections().drained());
  }

  private HttpServerOptions options(int port) {
    int streamWindow = Math.max(MIN_STREAM_WINDOW_BYTES, edge.limits().messages().maxBodyBytes());
    return new HttpServerOptions()
        .setHost(edge.options().host())
        .setPort(port)
        .setIdleTimeout((int) edge.options().timeouts().idleTimeout().toMillis())
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setInitialSettings(
            new Http2Settings()
                .setMaxConcurrentStreams(MAX_STREAMS)
                .setInitialWindowSize(streamWindow))
        .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
        .setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS);
  }
}
