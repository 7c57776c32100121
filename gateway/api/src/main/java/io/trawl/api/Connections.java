package io.trawl.api;

import io.vertx.core.http.HttpConnection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The open connections and how many requests each has in flight, so that a drain closes every
 * connection as soon as its last answer is written. A server's own shutdown would leave silent
 * connections open, and drop what still comes in over them, until its time is over.
 */
final class Connections {

  private final Map<HttpConnection, AtomicInteger> inFlight = new ConcurrentHashMap<>();
  private volatile boolean draining;

  void opened(HttpConnection connection) {
    inFlight.put(connection, new AtomicInteger());
    connection.closeHandler(_ -> inFlight.remove(connection));
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

  void drain() {
    draining = true;
    inFlight.forEach(
        (connection, count) -> {
          if (count.get() == 0) {
            connection.close();
          }
        });
  }
}
