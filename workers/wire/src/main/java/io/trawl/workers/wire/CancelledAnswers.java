package io.trawl.workers.wire;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Keeps a connection open when a caller leaves in the middle of an answer.
 *
 * <p>A Vert.x 5.0.7 server writes trailers with nobody to tell of their failure. If the caller
 * resets the stream while they wait behind data, the failure of that one stream goes through the
 * whole pipeline, whose end closes the connection, and with it the calls of everybody else.
 */
@Sharable
public final class CancelledAnswers extends ChannelInboundHandlerAdapter {

  private static final CancelledAnswers INSTANCE = new CancelledAnswers();

  private CancelledAnswers() {}

  /** To be called for every connection of a server: its connection handler, as a rule. */
  public static void tolerateOn(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      base.channel().pipeline().addFirst(INSTANCE);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof Http2Exception.StreamException)) {
      context.fireExceptionCaught(cause);
    }
  }
}
