package io.trawl.workers.wire;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.VarHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes off a connection what protects servers from floods of resets.
 *
 * <p>Vert.x 5.0.7 builds its client connections as if they were servers in this one regard: Netty
 * then closes them after 200 RST_STREAM frames in 30 s, read or written. For a client there is no
 * flood: every stream is its own. But resets come in numbers, since each frame of an answer that
 * crosses the call's cancellation on the wire is answered with RST_STREAM(STREAM_CLOSED): one
 * abandoned answer of 4 MiB in frames of 16 KiB was enough to take every other call down.
 *
 * <p>Neither library has a setting for it on the client's side, so that the counters are reached by
 * reflection. Where that fails, the limit stays, and one line in the log says so. To be removed
 * with a Vert.x that tells a client from a server here.
 */
public final class ResetLimit {

  private static final Logger LOG = LoggerFactory.getLogger(ResetLimit.class);

  private static final String HTTP2 = "io.netty.handler.codec.http2.";

  /** Half of what a nano clock can count: a window that began then ends in 146 years. */
  private static final long FAR_AHEAD_NANOS = 1L << 62;

  private ResetLimit() {}

  /** For {@code HttpClientBuilder.withConnectHandler}. */
  public static void lift(HttpConnection connection) {
    if (!(connection instanceof ConnectionBase base)) {
      LOG.warn("reset limit stays: a connection of {}", connection.getClass().getName());
      return;
    }
    Channel channel = base.channel();
    Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
    if (handler == null) {
      LOG.warn("reset limit stays: no HTTP/2 in {}", channel.pipeline());
      return;
    }
    try {
      liftWritten(handler.encoder());
      liftRead(handler.decoder());
    } catch (ReflectiveOperationException | RuntimeException changed) {
      LOG.warn("reset limit stays: 200 resets in 30 s will close {}", channel, changed);
    }
  }

  /** Lets the count start 2^31 below the limit, in a window that does not end. */
  private static void liftWritten(Http2ConnectionEncoder outermost)
      throws ReflectiveOperationException {
    Class<?> limit = Class.forName(HTTP2 + "Http2MaxRstFrameLimitEncoder");
    VarHandle inner =
        field(DecoratingHttp2ConnectionEncoder.class, "delegate", Http2ConnectionEncoder.class);
    Http2ConnectionEncoder encoder = outermost;
    while (encoder instanceof DecoratingHttp2ConnectionEncoder) {
      if (limit.isInstance(encoder)) {
        field(limit, "sendRstInWindow", int.class).set(encoder, Integer.MIN_VALUE);
        field(limit, "lastRstFrameNano", long.class)
            .set(encoder, System.nanoTime() + FAR_AHEAD_NANOS);
      }
      encoder = (Http2ConnectionEncoder) inner.get(encoder);
    }
  }

  /** Gives the decoder inside its listener back without the counter around it. */
  private static void liftRead(Http2ConnectionDecoder outermost)
      throws ReflectiveOperationException {
    Class<?> limit = Class.forName(HTTP2 + "Http2MaxRstFrameDecoder");
    VarHandle inner =
        field(DecoratingHttp2ConnectionDecoder.class, "delegate", Http2ConnectionDecoder.class);
    Http2ConnectionDecoder decoder = outermost;
    while (decoder instanceof DecoratingHttp2ConnectionDecoder) {
      var next = (Http2ConnectionDecoder) inner.get(decoder);
      if (limit.isInstance(decoder)) {
        next.frameListener(decoder.frameListener());
      }
      decoder = next;
    }
  }

  private static VarHandle field(Class<?> owner, String name, Class<?> type)
      throws ReflectiveOperationException {
    Lookup lookup = MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
    return lookup.findVarHandle(owner, name, type);
  }
}
