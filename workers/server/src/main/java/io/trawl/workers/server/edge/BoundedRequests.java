package io.trawl.workers.server.edge;

import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests, before anything is done for them, while there is no memory for more. Whoever
 * asks whether the worker lives and is ready gets an answer all the same: it is small, and one that
 * is refused would have the worker taken for dead.
 */
public final class BoundedRequests {
  private static final String NO_ROOM = "the memory for requests in flight is taken";

  /** On both ports, and by gRPC's own service. */
  private static final Pattern HEALTH =
      Pattern.compile("/v2/health/.*|/grpc\\.health\\.v1\\.Health/.*|.*/Server(?:Live|Ready)");

  private BoundedRequests() {}

  static boolean asksForHealth(@Nullable String path) {
    return path != null && HEALTH.matcher(path).matches();
  }

  /** Hands on what there is room for. */
  public static Handler<HttpServerRequest> of(Handler<HttpServerRequest> next) {
    return request -> {
      if (!PortWatch.spent(request.connection()) || asksForHealth(request.path())) {
        next.handle(request);
      } else if (String.valueOf(request.getHeader("content-type")).startsWith("application/grpc")) {
        request
            .response()
            .putHeader("content-type", "application/grpc")
            .putHeader("grpc-status", GrpcStatus.RESOURCE_EXHAUSTED.toString())
            .putHeader("grpc-message", NO_ROOM)
            .end();
      } else {
        HttpReply.error(request, HttpReply.TOO_MANY_REQUESTS, NO_ROOM);
      }
    };
  }
}
