package io.trawl.workers.wire;

import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is written to a call whose caller may have gone. Between a stream's end and our notice of
 * it, Vert.x refuses to write: with an IllegalStateException, or, where the connection went, a
 * NullPointerException of its own. Here that is the notice.
 */
public final class GrpcReply {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcReply.class);

  private final GrpcServerRequest<Buffer, Buffer> request;
  private final Runnable whenGone;

  /**
   * @param whenGone run in the place of what cannot be written, so perhaps more than once
   */
  public GrpcReply(GrpcServerRequest<Buffer, Buffer> request, Runnable whenGone) {
    this.request = request;
    this.whenGone = whenGone;
  }

  /** Sends one of several messages. */
  public void write(Buffer message) {
    unlessGone(() -> counted(message, request.response().write(message)));
  }

  /** Sends the only, or last, message. */
  public void end(Buffer message) {
    unlessGone(() -> counted(message, request.response().end(message)));
  }

  /** Ends what has been written. */
  public void end() {
    unlessGone(() -> request.response().end());
  }

  /** Ends the call with a status other than OK. */
  public void fail(GrpcStatus status, String text) {
    unlessGone(() -> request.response().status(status).statusMessage(text).end());
  }

  private void counted(Buffer message, Future<Void> taken) {
    Context context = Vertx.currentContext();
    PortWatch.answering(
        request.connection(),
        message.length(),
        taken,
        () -> context.runOnContext(_ -> request.response().cancel()));
  }

  private void unlessGone(Runnable write) {
    try {
      write.run();
    } catch (IllegalStateException | NullPointerException gone) {
      LOG.debug("{}: the caller has left", request.fullMethodName(), gone);
      whenGone.run();
    }
  }
}
