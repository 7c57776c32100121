package io.trawl.workers.wire.bounds;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Keeps a connection open, and the log quiet, when a caller leaves in the middle of an answer.
 *
 * <p>A Vert.x 5.0.7 server writes trailers with nobody to tell of their failure. If the caller
 * resets the stream while they wait behind data, that does harm in two places:
 *
 * <ul>
 *   <li>Trailers that Netty holds: the failure of that one stream goes through the whole pipeline,
 *       whose end closes the connection, and with it the calls of everybody else.
 *   <li>Trailers that Vert.x holds: it fails a promise that is null when it empties the stream's
 *       queue, as the last thing it does there. Netty logs the NullPointerException with its stack,
 *       for each caller who leaves.
 * </ul>
 */
@Sharable
public final class CancelledAnswers extends ChannelInboundHandlerAdapter {

  private static final CancelledAnswers INSTANCE = new CancelledAnswers();

  private CancelledAnswers() {}

  /** To be called for every connection of a server: its connection handler, as a rule. */
  public static void tolerateOn(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      ChannelPipeline pipeline = base.channel().pipeline();
      pipeline.addFirst(INSTANCE);
      Http2ConnectionHandler handler = pipeline.get(Http2ConnectionHandler.class);
      if (handler instanceof Http2Connection.Listener vertx) {
        handler.connection().removeListener(vertx);
        handler.connection().addListener(new QuietClose(vertx));
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof Http2Exception.StreamException)) {
      context.fireExceptionCaught(cause);
    }
  }

  /** Vert.x' own listener, without the one failure that tells nobody anything. */
  private record QuietClose(Http2Connection.Listener vertx) implements Http2Connection.Listener {

    private static final String QUEUED_WRITE = "io.vertx.core.http.impl.VertxHttp2Stream$";

    @Override
    public void onStreamClosed(Http2Stream stream) {
      try {
        vertx.onStreamClosed(stream);
      } catch (NullPointerException thrown) {
        if (!ofTrailers(thrown)) {
          throw thrown;
        }
      }
    }

    private static boolean ofTrailers(NullPointerException thrown) {
      StackTraceElement[] stack = thrown.getStackTrace();
      // The JVM leaves the stack out of what is thrown at one place again and again.
      return stack.length == 0
          || (stack[0].getClassName().startsWith(QUEUED_WRITE)
              && stack[0].getMethodName().equals("cancel"));
    }

    @Override
    public void onStreamAdded(Http2Stream stream) {
      vertx.onStreamAdded(stream);
    }

    @Override
    public void onStreamActive(Http2Stream stream) {
      vertx.onStreamActive(stream);
    }

    @Override
    public void onStreamHalfClosed(Http2Stream stream) {
      vertx.onStreamHalfClosed(stream);
    }

    @Override
    public void onStreamRemoved(Http2Stream stream) {
      vertx.onStreamRemoved(stream);
    }

    @Override
    public void onGoAwaySent(int lastStreamId, long errorCode, ByteBuf debugData) {
      vertx.onGoAwaySent(lastStreamId, errorCode, debugData);
    }

    @Override
    public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
      vertx.onGoAwayReceived(lastStreamId, errorCode, debugData);
    }
  }
}
