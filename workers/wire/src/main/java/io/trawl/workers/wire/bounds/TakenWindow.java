package io.trawl.workers.wire.bounds;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.function.ToLongBiFunction;

/** Netty's own windows, of which a part may be kept from a caller for as long as he has enough. */
final class TakenWindow implements Http2LocalFlowController {

  private final Http2LocalFlowController netty;
  private final ToLongBiFunction<Http2Stream, Integer> due;

  /**
   * @param due how much of a stream's window is given back now that so much more could be
   */
  TakenWindow(Http2LocalFlowController netty, ToLongBiFunction<Http2Stream, Integer> due) {
    this.netty = netty;
    this.due = due;
  }

  @Override
  public boolean consumeBytes(Http2Stream stream, int bytes) throws Http2Exception {
    return netty.consumeBytes(stream, (int) due.applyAsLong(stream, bytes));
  }

  @Override
  public Http2LocalFlowController frameWriter(Http2FrameWriter writer) {
    netty.frameWriter(writer);
    return this;
  }

  @Override
  public void receiveFlowControlledFrame(Http2Stream stream, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    netty.receiveFlowControlledFrame(stream, data, padding, end);
  }

  @Override
  public int unconsumedBytes(Http2Stream stream) {
    return netty.unconsumedBytes(stream);
  }

  @Override
  public int initialWindowSize(Http2Stream stream) {
    return netty.initialWindowSize(stream);
  }

  @Override
  public void channelHandlerContext(ChannelHandlerContext context) throws Http2Exception {
    netty.channelHandlerContext(context);
  }

  @Override
  public void initialWindowSize(int bytes) throws Http2Exception {
    netty.initialWindowSize(bytes);
  }

  @Override
  public int initialWindowSize() {
    return netty.initialWindowSize();
  }

  @Override
  public int windowSize(Http2Stream stream) {
    return netty.windowSize(stream);
  }

  @Override
  public void incrementWindowSize(Http2Stream stream, int bytes) throws Http2Exception {
    netty.incrementWindowSize(stream, bytes);
  }
}
