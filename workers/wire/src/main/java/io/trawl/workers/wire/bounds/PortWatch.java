package io.trawl.workers.wire.bounds;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds the connections of a port to its limits. A server hands each over as its connection handler
 * is told of it; from then on what its requests bring is in the budget until they are answered, and
 * what takes too long is ended and counted.
 */
public final class PortWatch {

  /** What took too long. */
  public enum Slow {
    /** The head of a request. */
    HEAD,
    /** The body of a request, or a message of a long-lived one. */
    BODY,
    /** Nothing was asked: a connection, or a long-lived request, was silent. */
    IDLE,
    /** An answer that nobody took. */
    ANSWER;

    /** As metrics call it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final AttributeKey<MemoryBudget.Account> ACCOUNT =
      AttributeKey.valueOf(PortWatch.class, "account");

  static final AttributeKey<Http2Watch> HTTP2 = AttributeKey.valueOf(PortWatch.class, "http2");

  /** Of connections that nobody watches. */
  private static final MemoryBudget BOUNDLESS = new MemoryBudget(Long.MAX_VALUE, Long.MAX_VALUE);

  /**
   * What a long-lived request has sent whole and nobody has taken: in the budget, and in its
   * window. For the thread of its connection.
   */
  public interface Messages {
    /** Where nobody watches. */
    Messages UNCOUNTED =
        new Messages() {
          @Override
          public void took(long bytes) {}

          @Override
          public long unfinished() {
            return 0;
          }

          @Override
          public void close() {}
        };

    /** A message of so many bytes, with what is before it, is counted by whoever took it. */
    void took(long bytes);

    /** How many bytes have come of a message that is not whole. */
    long unfinished();

    /** Nothing more is kept of what comes. */
    void close();
  }

  private final PortLimits limits;
  private final MemoryBudget budget;
  private final LongSupplier nanos;
  private final AbandonedCalls abandoned;
  private final LongAdder refusedStreams = new LongAdder();

  /** By what was too slow. */
  private final LongAdder[] cut = new LongAdder[Slow.values().length];

  /**
   * @param budget shared by all ports of the process
   * @param nanos a clock that only moves forward
   */
  public PortWatch(PortLimits limits, MemoryBudget budget, LongSupplier nanos) {
    this.limits = limits;
    this.budget = budget;
    this.nanos = nanos;
    this.abandoned = new AbandonedCalls(limits.maxAbandonedOfAddress());
    Arrays.setAll(cut, _ -> new LongAdder());
  }

  /** Watches a connection from now on; to be called by its server's connection handler. */
  public void watch(HttpConnection connection) {
    CancelledAnswers.tolerateOn(connection);
    if (connection instanceof ConnectionBase base) {
      Channel channel = base.channel();
      MemoryBudget.Account account = budget.account(ConnectionLimit.addressOf(channel));
      channel.attr(ACCOUNT).set(account);
      channel.closeFuture().addListener(_ -> account.close());
      ConnectionLimit.spoke(channel);
      Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
      if (http2 == null) {
        Http1Watch.on(channel, this, account);
      } else {
        Http2Watch.on(channel, http2, this, account);
      }
    }
  }

  /** Whether a request of this connection finds no room for what it may bring. */
  public static boolean spent(HttpConnection connection) {
    MemoryBudget.Account account = account(connection);
    return account != null && account.spent();
  }

  /** Who is at the other end, as bounds by address tell callers apart; empty where nobody knows. */
  public static String caller(HttpConnection connection) {
    var address =
        connection instanceof ConnectionBase base
            ? ConnectionLimit.addressOf(base.channel())
            : null;
    return address == null ? "" : address.getHostAddress();
  }

  /**
   * Room for what a request holds beside its body: what that unpacks to, or its answer.
   *
   * @param drop ends the request, on whatever thread
   */
  public static MemoryBudget.Share share(HttpConnection connection, Runnable drop) {
    MemoryBudget.Account account = account(connection);
    return (account == null ? BOUNDLESS.account(null) : account).share(drop);
  }

  /** Counts what this request sends from now on until it is taken, message by message. */
  public static Messages messages(HttpConnection connection, int streamId) {
    Http2Watch watch =
        connection instanceof ConnectionBase base ? base.channel().attr(HTTP2).get() : null;
    return watch == null ? Messages.UNCOUNTED : watch.messages(streamId);
  }

  /**
   * Counts an answer until it is taken, where its connection is watched.
   *
   * @param taken completes when the answer is on the wire or lost
   * @param drop ends what waits for a reader, on whatever thread
   */
  public static void answering(
      HttpConnection connection, long bytes, Future<?> taken, Runnable drop) {
    MemoryBudget.Account account = account(connection);
    if (account == null || taken.isComplete()) {
      return;
    }
    MemoryBudget.Share share = account.share(drop);
    share.waits();
    share.hold(bytes);
    taken.onComplete(_ -> share.close());
  }

  /** How often something of this kind was ended because it took too long. */
  public long cut(Slow what) {
    return cut[what.ordinal()].sum();
  }

  /** Calls that were begun and abandoned at once. */
  public long abandoned() {
    return abandoned.countAbandoned();
  }

  /** Calls that were not begun, since their address had abandoned too many. */
  public long refusedAsAbandoned() {
    return abandoned.countRefused();
  }

  /** Streams that were not begun, since their address had too many open. */
  public long refusedStreams() {
    return refusedStreams.sum();
  }

  void refusedStream() {
    refusedStreams.increment();
  }

  AbandonedCalls abandonedCalls() {
    return abandoned;
  }

  PortLimits limits() {
    return limits;
  }

  long now() {
    return nanos.getAsLong();
  }

  /** At once where this is the connection's own thread: whoever asks for room has it then. */
  static void on(EventExecutor loop, Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  void tooSlow(Slow what) {
    cut[what.ordinal()].increment();
  }

  private static MemoryBudget.@Nullable Account account(HttpConnection connection) {
    return connection instanceof ConnectionBase base ? base.channel().attr(ACCOUNT).get() : null;
  }
}
