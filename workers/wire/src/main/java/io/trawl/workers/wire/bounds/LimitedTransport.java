package io.trawl.workers.wire.bounds;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.transport.Transport;
import java.net.SocketAddress;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** A transport as it is, but for a handler of its own where servers accept connections. */
record LimitedTransport(Transport inner, ChannelHandler acceptor) implements Transport {

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public boolean available() {
    return inner.available();
  }

  @Override
  public @Nullable Throwable unavailabilityCause() {
    return inner.unavailabilityCause();
  }

  @Override
  public io.vertx.core.spi.transport.Transport implementation() {
    return new Limited(inner.implementation(), acceptor);
  }

  /** As Vert.x asks for it. */
  record Limited(io.vertx.core.spi.transport.Transport inner, ChannelHandler acceptor)
      implements io.vertx.core.spi.transport.Transport {

    @Override
    public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap server) {
      inner.configure(options, domainSocket, server);
      server.handler(acceptor);
    }

    @Override
    public boolean supportsDomainSockets() {
      return inner.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
      return inner.supportFileRegion();
    }

    @Override
    public boolean isAvailable() {
      return inner.isAvailable();
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
      return inner.unavailabilityCause();
    }

    @Override
    public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
      return inner.convert(address);
    }

    @Override
    public io.vertx.core.net.@Nullable SocketAddress convert(SocketAddress address) {
      return inner.convert(address);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
      return inner.ioHandlerFactory();
    }

    @Override
    public EventLoopGroup eventLoopGroup(int type, int threads, ThreadFactory factory, int ratio) {
      return inner.eventLoopGroup(type, threads, factory, ratio);
    }

    @Override
    public DatagramChannel datagramChannel() {
      return inner.datagramChannel();
    }

    @Override
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
      return inner.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
      return inner.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
      return inner.serverChannelFactory(domainSocket);
    }

    @Override
    public void configure(DatagramChannel channel, DatagramSocketOptions options) {
      inner.configure(channel, options);
    }

    @Override
    public void configure(
        ClientOptionsBase options, int connectTimeout, boolean domainSocket, Bootstrap client) {
      inner.configure(options, connectTimeout, domainSocket, client);
    }
  }
}
