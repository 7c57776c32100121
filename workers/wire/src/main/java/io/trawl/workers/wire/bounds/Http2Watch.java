package io.trawl.workers.wire.bounds;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.trawl.workers.wire.bounds.PortWatch.Slow;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection of HTTP/2: each of its streams is a request. */
final class Http2Watch extends Http2FrameListenerDecorator {

  /** What ends sooner than this without an answer was abandoned, not waited for in vain. */
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Http2ConnectionHandler handler;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final ChannelHandlerContext context;
  private final PortWatch port;
  private final MemoryBudget.Account account;
  private final @Nullable InetAddress address;
  private final Since idle = new Since();

  /** Calls that were answered, less those that were abandoned at once. */
  private long credit;

  private Http2Watch(
      Http2FrameListener vertx,
      Http2ConnectionHandler handler,
      ChannelHandlerContext context,
      PortWatch port,
      MemoryBudget.Account account) {
    super(vertx);
    this.handler = handler;
    this.connection = handler.connection();
    this.key = connection.newKey();
    this.context = context;
    this.port = port;
    this.account = account;
    this.address = ConnectionLimit.addressOf(context.channel());
  }

  static void on(
      Channel channel,
      Http2ConnectionHandler handler,
      PortWatch port,
      MemoryBudget.Account account) {
    var context = channel.pipeline().context(handler);
    var watch = new Http2Watch(handler.decoder().frameListener(), handler, context, port, account);
    handler.decoder().frameListener(watch);
    channel.pipeline().addBefore(context.name(), "trawl-watch", watch.new Upgraded());
    watch.connection.addListener(watch.new Ends());
    watch.idle.begin(port.now());
    watch.look();
  }

  /** One stream: what it holds, and since when it has been as it is. */
  private final class Request {
    private final MemoryBudget.Share share;
    private final @Nullable GrpcMessageBytes messages;
    private final Since body = new Since();
    private final Since silent = new Since();
    private final Since unread = new Since();
    private final long begunNanos = port.now();
    private final long soonNanos;
    private long partBytes;

    private Request(Http2Stream stream, Http2Headers headers) {
      CharSequence path = headers.path();
      boolean longLived = path != null && port.limits().longLived().test(path.toString());
      CharSequence timeout = headers.get(GrpcTimeout.HEADER);
      soonNanos =
          timeout == null
              ? SOON_NANOS
              : Math.min(SOON_NANOS, GrpcTimeout.nanos(timeout).orElse(Long.MAX_VALUE) / 2);
      share = account.share(() -> PortWatch.on(context.executor(), () -> calm(stream)));
      messages = longLived ? new GrpcMessageBytes() : null;
      silent.begin(begunNanos);
    }

    /** What a caller has waited for as long as it said, or for a while, it may leave. */
    private boolean isAbandonedAt(long now) {
      return now - begunNanos < soonNanos;
    }

    /** Whether there is room for these bytes of its body. */
    private boolean takes(ByteBuf data) {
      silent.again(port.now());
      long bytes = data.readableBytes();
      if (messages != null) {
        long held = messages.follow(data);
        bytes = held - partBytes;
        partBytes = held;
        waitsForMore(held > 0);
      }
      if (bytes <= 0) {
        share.hold(bytes);
        return true;
      }
      if (!share.take(bytes)) {
        return false;
      }
      share.waits();
      return true;
    }

    private void waitsForMore(boolean more) {
      if (more) {
        body.begin(port.now());
      } else {
        body.end();
        share.goesOn();
      }
    }

    private @Nullable Slow slow(Http2Stream stream, long now) {
      var limits = port.limits();
      if (waitsForReader(stream)) {
        unread.begin(now);
      } else {
        unread.end();
      }
      if (body.longerThan(limits.bodyTimeout(), now)) {
        return Slow.BODY;
      }
      if (unread.longerThan(limits.answerTimeout(), now)) {
        return Slow.ANSWER;
      }
      boolean quiet = messages != null && silent.longerThan(limits.idleTimeout(), now);
      return quiet ? Slow.IDLE : null;
    }
  }

  /**
   * Whether a part of a stream's answer waits for its reader: in Netty, or in Vert.x, which hands
   * nothing over to a window that is shut.
   */
  private boolean waitsForReader(Http2Stream stream) {
    var flow = handler.encoder().flowController();
    return flow.hasFlowControlled(stream) || (stream.isHeadersSent() && !flow.isWritable(stream));
  }

  /**
   * Sees the request that a connection of HTTP/1.1 was upgraded with: it comes as frames that no
   * decoder has made.
   */
  private final class Upgraded extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
      if (message instanceof Http2HeadersFrame frame) {
        var _ = begins(Http2CodecUtil.HTTP_UPGRADE_STREAM_ID, frame.headers(), frame.isEndStream());
      } else if (message instanceof Http2DataFrame frame
          && !admits(
              connection.stream(Http2CodecUtil.HTTP_UPGRADE_STREAM_ID),
              frame.content(),
              frame.isEndStream())) {
        frame.release();
        return;
      }
      from.fireChannelRead(message);
    }
  }

  private final class Ends extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream stream) {
      if (stream.getProperty(key) instanceof Request request) {
        request.share.close();
        count(stream, request);
      }
      if (connection.numActiveStreams() == 0) {
        idle.begin(port.now());
      }
    }

    private void count(Http2Stream stream, Request request) {
      long now = port.now();
      if (stream.isHeadersSent()) {
        credit++;
        port.abandonedCalls().answered(address, now);
      } else if (request.isAbandonedAt(now)) {
        credit--;
        port.abandonedCalls().abandoned(address, now);
      }
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext from, int streamId, Http2Headers headers, int padding, boolean end)
      throws Http2Exception {
    if (begins(streamId, headers, end)) {
      super.onHeadersRead(from, streamId, headers, padding, end);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext from,
      int streamId,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end)
      throws Http2Exception {
    if (begins(streamId, headers, end)) {
      super.onHeadersRead(from, streamId, headers, dependency, weight, exclusive, padding, end);
    }
  }

  /** Whether a head may go on; the first of a stream may find that its caller abandons too many. */
  private boolean begins(int streamId, Http2Headers headers, boolean end) {
    Http2Stream stream = connection.stream(streamId);
    if (stream == null) {
      return true;
    }
    idle.end();
    Request request = stream.getProperty(key);
    if (request == null) {
      if (connection.numActiveStreams() > credit + 1
          && port.abandonedCalls().tooMany(address, port.now())) {
        port.abandonedCalls().refused();
        reset(stream, Http2Error.REFUSED_STREAM);
        return false;
      }
      request = new Request(stream, headers);
      stream.setProperty(key, request);
    }
    if (request.messages == null) {
      request.waitsForMore(!end);
    }
    return true;
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext from, int streamId, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    return admits(connection.stream(streamId), data, end)
        ? super.onDataRead(from, streamId, data, padding, end)
        : data.readableBytes() + padding;
  }

  /** Whether there is room for a part of a body; if not, its stream has been ended. */
  private boolean admits(@Nullable Http2Stream stream, ByteBuf data, boolean end) {
    if (stream == null || !(stream.getProperty(key) instanceof Request request)) {
      return true;
    }
    if (!request.takes(data)) {
      calm(stream);
      return false;
    }
    if (end) {
      request.waitsForMore(false);
    }
    return true;
  }

  /** Ends a stream that finds no room; gRPC's clients read it as "resource exhausted". */
  private void calm(Http2Stream stream) {
    reset(stream, Http2Error.ENHANCE_YOUR_CALM);
  }

  /**
   * Ends a stream. Its server is told as if the caller had: of a reset of ours it would only hear
   * that the stream is closed, which gRPC's part of it passes on to nobody.
   */
  private void reset(Http2Stream stream, Http2Error why) {
    if (stream.getProperty(key) instanceof Request request) {
      request.share.close();
    }
    if (connection.stream(stream.id()) == null) {
      return;
    }
    try {
      super.onRstStreamRead(context, stream.id(), why.code());
    } catch (Http2Exception never) {
      throw new IllegalStateException(never);
    }
    var _ = handler.resetStream(context, stream.id(), why.code(), context.newPromise());
    context.flush();
  }

  private void look() {
    if (!context.channel().isActive()) {
      return;
    }
    long now = port.now();
    if (idle.longerThan(port.limits().idleTimeout(), now)) {
      port.tooSlow(Slow.IDLE);
      context.close();
      return;
    }
    for (Http2Stream stream : streams()) {
      if (stream.getProperty(key) instanceof Request request) {
        Slow slow = request.slow(stream, now);
        if (slow != null) {
          port.tooSlow(slow);
          reset(stream, Http2Error.CANCEL);
        }
      }
    }
    var _ =
        context.executor().schedule(this::look, port.limits().lookMillis(), TimeUnit.MILLISECONDS);
  }

  private List<Http2Stream> streams() {
    List<Http2Stream> active = new ArrayList<>(connection.numActiveStreams());
    try {
      connection.forEachActiveStream(
          stream -> {
            active.add(stream);
            return true;
          });
    } catch (Http2Exception never) {
      throw new IllegalStateException(never);
    }
    return active;
  }
}
