package io.trawl.workers.wire.bounds;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.trawl.workers.wire.bounds.PortWatch.Slow;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection of HTTP/1.1: its requests come and are answered one after the other. */
final class Http1Watch extends ChannelDuplexHandler {

  /** The name of the last handler of a connection of Vert.x, which ours stands before. */
  private static final String VERTX = "handler";

  /** For a refusal to leave. */
  private static final long LAST_WORDS_MS = 1000;

  private final PortWatch port;
  private final MemoryBudget.Account account;

  /** Requests whose answer has not been written whole, in their order. */
  private final ArrayDeque<MemoryBudget.Share> open = new ArrayDeque<>();

  private MemoryBudget.@Nullable Share receiving;
  private int flushing;
  private boolean ended;

  /** After this request Vert.x 5.0.7 lets go of whatever comes, without releasing it. */
  private boolean closing;

  private final Since idle = new Since();
  private final Since head = new Since();
  private final Since body = new Since();
  private final Since unread = new Since();

  private Http1Watch(PortWatch port, MemoryBudget.Account account) {
    this.port = port;
    this.account = account;
  }

  static void on(Channel channel, PortWatch port, MemoryBudget.Account account) {
    var watch = new Http1Watch(port, account);
    channel.pipeline().addFirst(watch.new FirstBytes());
    channel.pipeline().addBefore(VERTX, "trawl-watch", watch);
  }

  /** Sees what arrives before it is anything. */
  private final class FirstBytes extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      if (open.isEmpty()) {
        head.begin(port.now());
      }
      context.fireChannelRead(bytes);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    idle.begin(port.now());
    look(context);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (ended || (closing && receiving == null)) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpRequest request) {
      closing = !HttpUtil.isKeepAlive(request);
      head.end();
      idle.end();
      body.again(port.now());
      receiving = account.share(() -> PortWatch.on(context.executor(), () -> drop(context)));
      open.add(receiving);
    }
    if (message instanceof HttpContent content) {
      MemoryBudget.Share share = receiving;
      if (share != null && message instanceof LastHttpContent) {
        body.end();
        share.goesOn();
        receiving = null;
      }
      if (share != null && !takes(share, content.content())) {
        ReferenceCountUtil.release(message);
        refuse(context, HttpResponseStatus.TOO_MANY_REQUESTS);
        return;
      }
    }
    context.fireChannelRead(message);
  }

  private boolean takes(MemoryBudget.Share share, ByteBuf bytes) {
    if (!bytes.isReadable()) {
      return true;
    }
    boolean room = share.take(bytes.readableBytes());
    if (room && share == receiving) {
      share.waits();
    }
    return room;
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (ended) {
      ReferenceCountUtil.release(message);
      promise.tryFailure(new ClosedChannelException());
      return;
    }
    var last = message instanceof LastHttpContent && !isInterim(message) ? open.pollFirst() : null;
    if (last == null) {
      context.write(message, promise);
      return;
    }
    flushing++;
    unread.begin(port.now());
    context.write(message, promise.unvoid().addListener(_ -> taken(last)));
  }

  /** Such as 100 Continue, which Vert.x writes whole: the answer is still to come. */
  private static boolean isInterim(Object message) {
    return message instanceof HttpResponse response
        && response.status().codeClass() == HttpStatusClass.INFORMATIONAL
        && !response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
  }

  private void taken(MemoryBudget.Share share) {
    share.close();
    flushing--;
    if (flushing == 0) {
      unread.end();
      if (open.isEmpty()) {
        idle.begin(port.now());
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (!context.channel().isWritable()) {
      unread.begin(port.now());
    } else if (flushing == 0) {
      unread.end();
    }
    context.fireChannelWritabilityChanged();
  }

  private void look(ChannelHandlerContext context) {
    if (ended) {
      return;
    }
    long now = port.now();
    var limits = port.limits();
    if (head.longerThan(limits.headTimeout(), now)) {
      tooSlow(context, Slow.HEAD);
    } else if (body.longerThan(limits.bodyTimeout(), now)) {
      tooSlow(context, Slow.BODY);
    } else if (unread.longerThan(limits.answerTimeout(), now)) {
      tooSlow(context, Slow.ANSWER);
    } else if (idle.longerThan(limits.idleTimeout(), now)) {
      tooSlow(context, Slow.IDLE);
    } else {
      var _ =
          context
              .executor()
              .schedule(() -> look(context), limits.lookMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void tooSlow(ChannelHandlerContext context, Slow what) {
    port.tooSlow(what);
    if (what == Slow.HEAD || what == Slow.BODY) {
      refuse(context, HttpResponseStatus.REQUEST_TIMEOUT);
    } else {
      end(context);
    }
  }

  private void drop(ChannelHandlerContext context) {
    if (!ended) {
      refuse(context, HttpResponseStatus.TOO_MANY_REQUESTS);
    }
  }

  /** Ends the connection, with an answer where none is under way. */
  private void refuse(ChannelHandlerContext context, HttpResponseStatus status) {
    boolean first = open.size() <= 1 && flushing == 0 && context.channel().isWritable();
    if (!first) {
      end(context);
      return;
    }
    String answer =
        "HTTP/1.1 "
            + status
            + "\r\nconnection: close\r\ncontent-length: 0\r\n"
            + (status.equals(HttpResponseStatus.TOO_MANY_REQUESTS) ? "retry-after: 1\r\n" : "")
            + "\r\n";
    release();
    context
        .pipeline()
        .firstContext()
        .writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII))
        .addListener(ChannelFutureListener.CLOSE);
    // Who does not read has nothing to read either.
    var _ =
        context.executor().schedule(() -> context.close(), LAST_WORDS_MS, TimeUnit.MILLISECONDS);
  }

  private void end(ChannelHandlerContext context) {
    release();
    context.close();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    release();
  }

  /** Gives back what is held, at once: others wait for it. */
  private void release() {
    ended = true;
    open.forEach(MemoryBudget.Share::close);
    open.clear();
  }
}
