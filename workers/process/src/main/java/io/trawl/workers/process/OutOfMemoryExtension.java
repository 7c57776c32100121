package io.trawl.workers.process;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Netty loads this for every channel of a process that {@linkplain OutOfMemory#watch() watches}: it
 * sees what no buffer was found for, before whoever handles the connection makes something else of
 * the error.
 */
public final class OutOfMemoryExtension extends ChannelInitializerExtension {

  private static final Watch WATCH = new Watch();

  @Override
  public void postInitializeClientChannel(Channel channel) {
    watch(channel);
  }

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    watch(channel);
  }

  private static void watch(Channel channel) {
    var config = channel.config();
    config.setAllocator(new WatchedAllocator(config.getAllocator()));
    channel.pipeline().addFirst(WATCH);
  }

  /** A buffer that was there may still find no room to grow. */
  @Sharable
  private static final class Watch extends ChannelInboundHandlerAdapter {

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      OutOfMemory.endIfOut(cause);
      context.fireExceptionCaught(cause);
    }
  }
}
