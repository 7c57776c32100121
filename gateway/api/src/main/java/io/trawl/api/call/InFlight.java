package io.trawl.api.call;

import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;

/**
 * One request's place among those in flight: in the metrics, by which the gateway sheds, once it is
 * whole, and on its connection, which a drain closes with its last answer. It is given back once,
 * and whole: whatever one part throws, the other has ended too.
 */
final class InFlight {

  private final ApiMetrics.Call call;
  private final Connections connections;
  private final HttpConnection connection;
  private boolean over;

  private InFlight(ApiMetrics.Call call, Connections connections, HttpConnection connection) {
    this.call = call;
    this.connections = connections;
    this.connection = connection;
  }

  static InFlight of(Edge edge, String protocol, HttpConnection connection) {
    edge.connections().enter(connection);
    return new InFlight(edge.metrics().begin(protocol), edge.connections(), connection);
  }

  /** What is counted of the request. */
  ApiMetrics.Call call() {
    return call;
  }

  /**
   * The request is answered; the connection may go once the answer is taken.
   *
   * @throws IllegalStateException at a second ending: the first one gave the place away
   */
  void end(CallEnding ending, int violations, long responseBytes, Future<Void> taken) {
    if (over) {
      throw new IllegalStateException("ended before; this time as " + ending);
    }
    over = true;
    try {
      call.end(ending, violations, responseBytes);
    } finally {
      taken.onComplete(_ -> connections.leave(connection));
    }
  }
}
