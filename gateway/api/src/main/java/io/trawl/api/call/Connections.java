package io.trawl.api.call;

import io.trawl.workers.wire.CancelledAnswers;
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

  private final PortWatch ports;
  private final Map<HttpConnection, AtomicInteger> inFlight = new ConcurrentHashMap<>();
  private final Promise<Void> drained = Promise.promise();
  private volatile boolean draining;

  /**
   * @param ports holds the connections to their limits
   */
  public Connections(PortWatch ports) {
    this.ports = ports;
  }

  public void opened(HttpConnection connection) {
    CancelledAnswers.tolerateOn(connection);
    ports.watch(connection);
    inFlight.put(connection, new AtomicInteger());
    connection.closeHandler(_ -> closed(connection));
    if (draining) {
      connection.close();
    }
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
