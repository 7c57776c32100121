package io.trawl.api.call;

import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The open connections and how many requests each has in flight, so that a drain closes every
 * connection as soon as its last answer is written. A server's own shutdown would leave silent
 * connections open, and drop what still comes in over them, until its time is over.
 *
 * <p>A connection that has nothing in flight may have a request on its way: a new one its first,
 * and any other its next, begun before its caller could hear of the end. So a drain answers what
 * comes for a moment, as RFC 9113 has it (6.8): callers of HTTP/2 are told to begin nothing more,
 * then up to which request theirs are answered, and only then their connections close.
 */
public final class Connections {

  /** For what was on its way. */
  private static final Duration ON_ITS_WAY = Duration.ofMillis(200);

  /** For the last GOAWAY to reach its caller before a connection closes. */
  private static final Duration LAST_WORDS = Duration.ofMillis(100);

  /** What Vert.x says of the window of a connection that is not HTTP/2. */
  private static final int NO_WINDOW = -1;

  /** Says of a GOAWAY that no request is answered that has not begun by now. */
  private static final int LAST_BEGUN = -1;

  /** Each stage comes after the one before it. */
  private enum Stage {
    SERVING,
    /** Callers are sent away, and everything is answered. */
    LEAVING,
    /** Callers of HTTP/2 begin in vain, and have been told so. */
    LAST_WORDS,
    /** A connection without a request in flight closes. */
    CLOSING
  }

  /**
   * @param loop where everything of the connection happens
   */
  private record Open(AtomicInteger inFlight, Executor loop) {}

  private final PortWatch ports;
  private final Map<HttpConnection, Open> open = new ConcurrentHashMap<>();
  private final Promise<Void> drained = Promise.promise();
  private volatile Stage stage = Stage.SERVING;

  /**
   * @param ports holds the connections to their limits
   */
  public Connections(PortWatch ports) {
    this.ports = ports;
  }

  /** To be called on the connection's own context. */
  public void opened(HttpConnection connection) {
    ports.watch(connection);
    var context = Vertx.currentContext();
    Executor loop = context == null ? Runnable::run : step -> context.runOnContext(_ -> step.run());
    open.put(connection, new Open(new AtomicInteger(), loop));
    connection.closeHandler(_ -> closed(connection));
    switch (stage) {
      case SERVING -> {}
      case LEAVING -> sendAway(connection, Integer.MAX_VALUE);
      case LAST_WORDS -> sendAway(connection, LAST_BEGUN);
      case CLOSING -> {
        // One of HTTP/1.1 is told of with its first request, whose answer closes it.
        if (isHttp2(connection)) {
          sendAway(connection, LAST_BEGUN);
          connection.close();
        }
      }
    }
  }

  /**
   * Begins to send callers away, while everything is answered as ever: connections of HTTP/1.1
   * close with their next answer, which says so, and those of HTTP/2 are told to begin nothing
   * more.
   */
  public void leave() {
    if (stage == Stage.SERVING) {
      stage = Stage.LEAVING;
      open.keySet().forEach(connection -> sendAway(connection, Integer.MAX_VALUE));
    }
  }

  /** Says up to which of its requests a caller of HTTP/2 gets answers. */
  private static void sendAway(HttpConnection connection, int lastRequest) {
    if (isHttp2(connection)) {
      connection.goAway(0, lastRequest);
    }
  }

  private static boolean isHttp2(HttpConnection connection) {
    return connection.getWindowSize() != NO_WINDOW;
  }

  /** Whether an answer over this connection is its last, and has to say so. */
  public boolean closing(HttpConnection connection) {
    return stage != Stage.SERVING && !isHttp2(connection);
  }

  private void closed(HttpConnection connection) {
    open.remove(connection);
    completeIfDrained();
  }

  private void completeIfDrained() {
    if (stage == Stage.CLOSING && open.isEmpty()) {
      drained.tryComplete();
    }
  }

  void enter(HttpConnection connection) {
    var entered = open.get(connection);
    if (entered != null) {
      entered.inFlight().incrementAndGet();
    }
  }

  void leave(HttpConnection connection) {
    var left = open.get(connection);
    if (left != null && left.inFlight().decrementAndGet() == 0 && stage == Stage.CLOSING) {
      connection.close();
    }
  }

  /**
   * Answers what was on its way, for a moment, and from then on closes each connection once it has
   * nothing in flight. To be called when no more are accepted.
   *
   * @param timeout of the whole drain; the moment takes no longer either
   * @param after completes when so long has passed
   * @return complete when the moment is over
   */
  public Future<Void> drain(Duration timeout, Function<Duration, Future<Void>> after) {
    leave();
    var onItsWay = least(ON_ITS_WAY, timeout);
    return after
        .apply(onItsWay)
        .compose(
            _ -> {
              stage = Stage.LAST_WORDS;
              open.forEach(
                  (connection, one) -> one.loop().execute(() -> sendAway(connection, LAST_BEGUN)));
              return after.apply(least(LAST_WORDS, timeout.minus(onItsWay)));
            })
        .onSuccess(_ -> closeIdle());
  }

  /** What a drain has left of its time once {@link #drain} has completed. */
  public static Duration left(Duration timeout) {
    return timeout.minus(least(ON_ITS_WAY.plus(LAST_WORDS), timeout));
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private void closeIdle() {
    stage = Stage.CLOSING;
    // On its own loop, so after what has arrived by now.
    open.forEach((connection, one) -> one.loop().execute(() -> closeIfIdle(connection, one)));
    completeIfDrained();
  }

  private static void closeIfIdle(HttpConnection connection, Open one) {
    if (one.inFlight().get() == 0) {
      connection.close();
    }
  }

  /** Completes when a drain has closed all connections. */
  public Future<Void> drained() {
    return drained.future();
  }
}
