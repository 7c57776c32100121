package io.trawl.workers.wire.bounds;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.util.AttributeKey;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.transport.Transport;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the connections that a process accepts, in all and by address. One more is closed as it is
 * accepted: its caller hears of it at once and may ask elsewhere. One that has said nothing whole
 * after a while is closed too.
 */
public final class ConnectionLimit {

  /** Of a few connections each: a socket closes in the end, however many come. */
  private static final int MAX_LAST_ROUNDS = 1000;

  private static final int IPV6_NETWORK_BYTES = 8;

  private static final AttributeKey<Boolean> SPOKE =
      AttributeKey.valueOf(ConnectionLimit.class, "spoke");

  private final int max;
  private final int maxOfAddress;
  private final Duration silence;
  private final AtomicInteger open = new AtomicInteger();
  private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
  private final LongAdder refused = new LongAdder();
  private final LongAdder silent = new LongAdder();

  /**
   * @param max connections of all ports together
   * @param maxOfAddress connections of one address; a proxy before us has one for all of its
   *     callers
   * @param silence how long a new connection may take to its first whole head
   */
  public ConnectionLimit(int max, int maxOfAddress, Duration silence) {
    if (max < 1 || maxOfAddress < 1) {
      throw new IllegalArgumentException(
          "%d connections in all and %d by address; expected 1 or more"
              .formatted(max, maxOfAddress));
    }
    this.max = max;
    this.maxOfAddress = maxOfAddress;
    this.silence = silence;
  }

  /**
   * A transport for {@code VertxBuilder.withTransport}, the system's own where it can be used,
   * whose servers keep the limit.
   */
  public Transport transport() {
    Transport system = Transport.nativeTransport();
    return over(system != null && system.available() ? system : Transport.NIO);
  }

  Transport over(Transport transport) {
    return new LimitedTransport(transport, new Acceptor());
  }

  /**
   * Closes the sockets that a port is listened to on; who is connected stays so, and who waits to
   * be accepted is. A server of Vert.x cannot be told to do that alone: as it shuts down, it drops
   * what it has just accepted. Java's selector may keep a closed socket until it selects again, so
   * a caller may find it open for an instant more, and is reset then.
   *
   * @param vertx its servers stay as they are where it has another transport than {@link
   *     #transport}
   */
  public static Future<Void> stopAccepting(Vertx vertx, int port) {
    return ((VertxInternal) vertx).transport() instanceof LimitedTransport.Limited limited
            && limited.acceptor() instanceof Acceptor acceptor
        ? acceptor.stop(port)
        : Future.succeededFuture();
  }

  /** Connections open at this moment. */
  public int open() {
    return open.get();
  }

  /** Connections that found no room. */
  public long refused() {
    return refused.sum();
  }

  /** Connections that were closed because nothing whole came. */
  public long silent() {
    return silent.sum();
  }

  /** A whole head has come, so that other limits hold. */
  static void spoke(Channel channel) {
    channel.attr(SPOKE).set(true);
  }

  /**
   * Who is at the other end; null where that is no address. Of IPv6 it is the network of 64 bits:
   * each caller has all addresses of one.
   */
  static @Nullable InetAddress addressOf(Channel connection) {
    return connection.remoteAddress() instanceof InetSocketAddress from && !from.isUnresolved()
        ? caller(from.getAddress())
        : null;
  }

  static InetAddress caller(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    try {
      byte[] network = Arrays.copyOf(address.getAddress(), IPV6_NETWORK_BYTES);
      return InetAddress.getByAddress(Arrays.copyOf(network, address.getAddress().length));
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException("as many bytes as before", impossible);
    }
  }

  /** Stands before the library's own, which gives a connection its handlers. */
  @Sharable
  private final class Acceptor extends ChannelInboundHandlerAdapter {

    private final Set<Channel> listening = ConcurrentHashMap.newKeySet();

    /** Of all sockets, which one thread accepts for. */
    private long accepted;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      Channel socket = context.channel();
      listening.add(socket);
      socket.closeFuture().addListener(_ -> listening.remove(socket));
    }

    private Future<Void> stop(int port) {
      List<Future<Void>> stopped = new ArrayList<>();
      for (Channel socket : listening) {
        if (socket.localAddress() instanceof InetSocketAddress at && at.getPort() == port) {
          Promise<Void> closed = Promise.promise();
          socket.closeFuture().addListener(_ -> closed.complete());
          socket.eventLoop().execute(() -> acceptAndClose(socket));
          stopped.add(closed.future());
        }
      }
      return Future.join(stopped).mapEmpty();
    }

    /**
     * What the system has taken on for a socket it resets when that closes; so first all of that is
     * accepted, and nothing comes between. Java closes a socket at once only where its selector has
     * let go of it, which it does as it selects again.
     */
    private void acceptAndClose(Channel socket) {
      if (socket.unsafe() instanceof AbstractNioChannel.NioUnsafe waiting) {
        socket
            .deregister()
            .addListener(
                _ ->
                    socket
                        .eventLoop()
                        .schedule(
                            () -> {
                              acceptAll(waiting);
                              socket.close();
                            },
                            1,
                            TimeUnit.MILLISECONDS));
      } else {
        socket.close();
      }
    }

    private void acceptAll(AbstractNioChannel.NioUnsafe waiting) {
      long before;
      int round = 0;
      do {
        before = accepted;
        waiting.read();
        round++;
      } while (accepted > before && round < MAX_LAST_ROUNDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      accepted++;
      var connection = (Channel) message;
      InetAddress address = addressOf(connection);
      if (!enter(address)) {
        refused.increment();
        connection.unsafe().closeForcibly();
        return;
      }
      connection.closeFuture().addListener(_ -> leave(address));
      connection.pipeline().addLast(new FirstHead());
      context.fireChannelRead(message);
    }
  }

  private boolean enter(@Nullable InetAddress address) {
    if (open.incrementAndGet() > max) {
      open.decrementAndGet();
      return false;
    }
    if (address != null && byAddress.merge(address, 1, Integer::sum) > maxOfAddress) {
      leave(address);
      return false;
    }
    return true;
  }

  private void leave(@Nullable InetAddress address) {
    open.decrementAndGet();
    if (address != null) {
      byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    }
  }

  /** Looks once whether anything whole has come. */
  private final class FirstHead extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      Channel channel = context.channel();
      var _ =
          context
              .executor()
              .schedule(() -> closeIfSilent(channel), silence.toMillis(), TimeUnit.MILLISECONDS);
      context.pipeline().remove(this);
      context.fireChannelActive();
    }
  }

  private void closeIfSilent(Channel channel) {
    if (channel.isActive() && channel.attr(SPOKE).get() == null) {
      silent.increment();
      channel.close();
    }
  }
}
