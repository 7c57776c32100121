package io.trawl.api.call;

import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpConnection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The open connections and how many requests each has in flight, so that a drain closes every
 * connection as soon as its last answer is written. A server's own shutdown would leave silent
 * connections open, and drop what still comes in over them, until its time is over.
 */
public final class Connections {

  /** What Vert.x says of the window of a connection that is not HTTP/2. */
  private static final int NO_WINDOW = -1;

  private final PortWatch ports;
  private final Map<HttpConnection, AtomicInteger> inFlight = new ConcurrentHashMap<>();
  private final Promise<Void> drained = Promise.promise();
  private volatile boolean leaving;
  private volatile boolean draining;

  /**
   * @param ports holds the connections to their limits
   */
  public Connections(PortWatch ports) {
    this.ports = ports;
  }

  public void opened(HttpConnection connection) {
    ports.watch(connection);
    inFlight.put(connection, new AtomicInteger());
    connection.closeHandler(_ -> closed(connection));
    if (draining) {
      connection.close();
    } else if (leaving) {
      sendAway(connection);
    }
  }

  /**
   * Begins to send callers away, while everything is answered as ever: connections of HTTP/1.1
   * close with their next answer, which says so, and those of HTTP/2 are told to begin nothing
   * more.
   */
  public void leave() {
    leaving = true;
    inFlight.keySet().forEach(Connections::sendAway);
  }

  private static void sendAway(HttpConnection connection) {
    if (isHttp2(connection)) {
      connection.goAway(0, Integer.MAX_VALUE);
    }
  }

  private static boolean isHttp2(HttpConnection connection) {
    return connection.getWindowSize() != NO_WINDOW;
  }

  /** Whether an answer over this connection is its last, and has to say so. */
  public boolean closing(HttpConnection connection) {
    return (leaving || draining) && !isHttp2(connection);
  }

  private void closed(HttpConnection connection) {
    inFlight.remove(connection);
    completeIfDrained();
  }

  private void completeIfDrained() {
    if (draining && inFlight.isEmpty()) {
      drained.tryComplete();
    }
  }

  void enter(HttpConnection connection) {
    var count = inFlight.get(connection);
    if (count != null) {
      count.incrementAndGet();
    }
  }

  void leave(HttpConnection connection) {
    var count = inFlight.get(connection);
    if (count != null && count.decrementAndGet() == 0 && draining) {
      connection.close();
    }
  }

  /** Closes each connection once it has nothing in flight; completes when all are closed. */
  public Future<Void> drain() {
    draining = true;
    inFlight.forEach(
        (connection, count) -> {
          if (count.get() == 0) {
            connection.close();
          }
        });
    completeIfDrained();
    return drained.future();
  }
}
