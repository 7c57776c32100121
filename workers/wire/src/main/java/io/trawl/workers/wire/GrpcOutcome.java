package io.trawl.workers.wire;

import io.vertx.core.MultiMap;
import io.vertx.grpc.common.GrpcStatus;

/** How a call ended on the wire, before anybody says what that means for the one who called. */
public sealed interface GrpcOutcome {

  /** Status OK after whole messages, each of which was taken. */
  record Completed() implements GrpcOutcome {}

  /** Every other ending. */
  sealed interface NoAnswer extends GrpcOutcome {}

  /**
   * A status other than OK.
   *
   * @param message decoded; may be empty
   * @param trailers where the status was found, with what else the server said there
   */
  record Refused(GrpcStatus status, String message, MultiMap trailers) implements NoAnswer {}

  /** An HTTP status other than 200: no gRPC server answered, as a rule a proxy. */
  record NotGrpc(int httpStatus) implements NoAnswer {}

  /** The server reset the stream, with this code of HTTP/2. */
  record Reset(long code) implements NoAnswer {

    /** The server had not begun, and may not mind others: REFUSED_STREAM, ENHANCE_YOUR_CALM. */
    public boolean turnedAway() {
      return code == GrpcCall.HTTP2_REFUSED_STREAM || code == GrpcCall.HTTP2_ENHANCE_YOUR_CALM;
    }
  }

  /** No connection, or one that broke. */
  record Unreachable(String message) implements NoAnswer {}

  /** As many calls as may wait for a free stream waited already. */
  record NoRoom(String message) implements NoAnswer {}

  /**
   * The budget was spent.
   *
   * @param when such as {@code before the call left}
   */
  record Expired(String when) implements NoAnswer {}

  /** {@link GrpcCall#cancel} came first. */
  record Cancelled() implements NoAnswer {

    public String message() {
      return "taken back by the caller";
    }
  }

  record RequestTooLarge(String message) implements NoAnswer {}

  record AnswerTooLarge(String message) implements NoAnswer {}

  /** The answer breaks the protocol, or the promise to the one who called. */
  record Malformed(String message) implements NoAnswer {}
}
