package io.trawl.workers.wire.bounds;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection of HTTP/2: each of its streams is a request. */
final class Http2Watch extends Http2FrameListenerDecorator {

  /** What ends sooner than this without an answer was abandoned, not waited for in vain. */
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What a message takes beside its bytes while it waits to be taken. */
  static final int BYTES_OF_A_MESSAGE = 512;

  /** However little a caller says that it waits, what ends sooner was abandoned. */
  private static final long LEAST_SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  /** What an open stream takes with all that the libraries keep for it. */
  static final int BYTES_OF_A_STREAM = 8 << 10;

  /** What a header takes beside its name and value, as SETTINGS_MAX_HEADER_LIST_SIZE counts. */
  private static final int BYTES_OF_A_HEADER = 32;

  private static final String GRPC = "application/grpc";

  private final Http2ConnectionHandler handler;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final ChannelHandlerContext context;
  private final PortWatch port;
  private final MemoryBudget.Account account;
  private final @Nullable InetAddress address;
  private final Since idle = new Since();
  private @Nullable TakenWindow window;

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
    channel.attr(PortWatch.HTTP2).set(watch);
    channel.pipeline().addBefore(context.name(), "trawl-watch", watch.new Upgraded());
    watch.connection.addListener(watch.new Ends());
    watch.idle.begin(port.now());
    watch.look();
  }

  /** One stream: what it holds, and since when it has been as it is. */
  private final class Request {
    private final MemoryBudget.Share share;
    private final boolean longLived;
    private final @Nullable GrpcMessageBytes messages;
    private final Since body = new Since();
    private final Since silent = new Since();
    private final Since unread = new Since();
    private final long begunNanos = port.now();
    private final long soonNanos;

    /** Whole messages wait to be taken, and are counted until then. */
    private boolean queues;

    private long queuedBytes;

    /** Ended from here, and so not by its caller. */
    private boolean refused;

    /** What could be given back of its window. */
    private long keptBytes;

    private Request(Http2Stream stream, Http2Headers headers) {
      CharSequence path = headers.path();
      CharSequence type = headers.get(HttpHeaderNames.CONTENT_TYPE);
      longLived = path != null && port.limits().longLived().test(path.toString());
      boolean grpc = type != null && type.toString().startsWith(GRPC);
      CharSequence timeout = grpc ? headers.get(GrpcTimeout.HEADER) : null;
      soonNanos = timeout == null ? SOON_NANOS : soonNanos(timeout);
      share = account.share(() -> PortWatch.on(context.executor(), () -> calm(stream)));
      messages = longLived || grpc ? new GrpcMessageBytes() : null;
      silent.begin(begunNanos);
    }

    private static long soonNanos(CharSequence timeout) {
      long half = GrpcTimeout.nanos(timeout).orElse(Long.MAX_VALUE) / 2;
      return Math.clamp(half, LEAST_SOON_NANOS, SOON_NANOS);
    }

    /** What a caller has waited for as long as it said, or for a while, it may leave. */
    private boolean isAbandonedAt(long now) {
      return now - begunNanos < soonNanos;
    }

    /** Whether there is room for the stream itself; until more comes it may be dropped again. */
    private boolean opens(Http2Headers headers) {
      long bytes = BYTES_OF_A_STREAM;
      for (Map.Entry<CharSequence, CharSequence> header : headers) {
        bytes += BYTES_OF_A_HEADER + header.getKey().length() + header.getValue().length();
      }
      return holds(bytes);
    }

    /** How many of these bytes are handed on at once. */
    private int next(ByteBuf data) {
      return messages == null ? data.readableBytes() : messages.follow(data);
    }

    /** Whether there is room for these bytes of its body, that which is next. */
    private boolean takes(ByteBuf data) {
      silent.again(port.now());
      long bytes = data.readableBytes();
      if (messages == null || !longLived) {
        return bytes == 0 || holds(bytes);
      }
      if (bytes == 0) {
        return true;
      }
      long part = messages.unfinished();
      if (part > 0) {
        waitsForMore(true);
        return holds(bytes);
      }
      if (queues) {
        if (!share.take(bytes + BYTES_OF_A_MESSAGE)) {
          return false;
        }
        queuedBytes += messages.whole() + BYTES_OF_A_MESSAGE;
      } else {
        share.hold(bytes - messages.whole());
      }
      waitsForMore(false);
      return true;
    }

    private boolean holds(long bytes) {
      if (!share.take(bytes)) {
        return false;
      }
      share.waits();
      return true;
    }

    private void given(long bytes) {
      queuedBytes -= bytes;
      share.hold(-bytes);
      if (queuedBytes == 0 && messages != null && messages.unfinished() > 0) {
        body.again(port.now());
      }
    }

    /** Of the window as much is kept as waits to be taken. */
    private long due(long more) {
      keptBytes += more;
      long due = Math.max(0, keptBytes - queuedBytes);
      keptBytes -= due;
      return due;
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
      // Who has no window for the rest does not take long for it.
      if (queuedBytes == 0 && body.longerThan(limits.bodyTimeout(), now)) {
        return Slow.BODY;
      }
      if (unread.longerThan(limits.answerTimeout(), now)) {
        return Slow.ANSWER;
      }
      boolean quiet = longLived && silent.longerThan(limits.idleTimeout(), now);
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
        account.closesStream();
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
      } else if (!request.refused && request.isAbandonedAt(now)) {
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
      if (!account.opensStream(port.limits().maxStreamsOfAddress())) {
        port.refusedStream();
        reset(stream, Http2Error.REFUSED_STREAM);
        return false;
      }
      request = new Request(stream, headers);
      stream.setProperty(key, request);
      if (!request.opens(headers)) {
        calm(stream);
        return false;
      }
    }
    if (!request.longLived || end) {
      request.waitsForMore(!end);
    }
    return true;
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext from, int streamId, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    Http2Stream stream = connection.stream(streamId);
    int done = 0;
    do {
      if (stream != null && connection.stream(streamId) == null) {
        // What came before has ended it.
        return done + data.readableBytes() + padding;
      }
      // A message at a time: Vert.x 5.0.7 copies all that follows one, and keeps it with that one.
      int bytes = nextOf(stream, data);
      boolean last = bytes == data.readableBytes();
      ByteBuf next = last ? data : data.readSlice(bytes);
      int ofPadding = last ? padding : 0;
      done +=
          admits(stream, next, last && end)
              ? super.onDataRead(from, streamId, next, ofPadding, last && end)
              : bytes + ofPadding;
      if (last) {
        return done;
      }
    } while (true);
  }

  private int nextOf(@Nullable Http2Stream stream, ByteBuf data) {
    return stream != null && stream.getProperty(key) instanceof Request request
        ? request.next(data)
        : data.readableBytes();
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

  /**
   * Counts whole messages of a long-lived request until they are taken, and gives their part of its
   * window back only then: so many wait as the window has room for, and one.
   */
  PortWatch.Messages messages(int streamId) {
    Http2Stream stream = connection.stream(streamId);
    if (stream == null || !(stream.getProperty(key) instanceof Request request)) {
      return PortWatch.Messages.UNCOUNTED;
    }
    if (window == null) {
      window = new TakenWindow(connection.local().flowController(), this::due);
      connection.local().flowController(window);
    }
    request.queues = request.longLived;
    return new PortWatch.Messages() {
      @Override
      public void took(long bytes) {
        give(stream, request, Math.min(bytes + BYTES_OF_A_MESSAGE, request.queuedBytes));
      }

      @Override
      public long unfinished() {
        return request.messages == null ? 0 : request.messages.unfinished();
      }

      @Override
      public void close() {
        request.queues = false;
        give(stream, request, request.queuedBytes);
      }
    };
  }

  private long due(Http2Stream stream, int more) {
    return stream.getProperty(key) instanceof Request request ? request.due(more) : more;
  }

  private void give(Http2Stream stream, Request request, long bytes) {
    request.given(bytes);
    try {
      if (connection.local().flowController().consumeBytes(stream, 0)) {
        context.flush();
      }
    } catch (Http2Exception broken) {
      handler.onError(context, true, broken);
    }
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
      request.refused = true;
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
