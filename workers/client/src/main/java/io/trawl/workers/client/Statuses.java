package io.trawl.workers.client;

import io.trawl.workers.wire.GrpcOutcome;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Locale;

/**
 * The table from how a call ended on the wire to a {@link Failure}.
 *
 * <p>Triton tells apart by text what it gives one status: matched is any part of the message, since
 * some messages start with a request id.
 */
final class Statuses {

  private static final int HTTP2_NO_ERROR = 0;
  private static final int HTTP2_CANCEL = 8;

  private Statuses() {}

  /** Why a call has no answer. */
  static Failure of(GrpcOutcome.NoAnswer outcome) {
    return switch (outcome) {
      case GrpcOutcome.Refused(var status, var message, _) -> ofStatus(status, message);
      case GrpcOutcome.NotGrpc(int httpStatus) -> ofHttp(httpStatus);
      case GrpcOutcome.Reset reset -> ofReset(reset);
      case GrpcOutcome.Unreachable(var message) -> new Failure.Unreachable(message);
      case GrpcOutcome.NoRoom(var message) -> new Failure.QueueFull(message);
      case GrpcOutcome.Expired(var when) -> new Failure.DeadlineExceeded("budget spent " + when);
      case GrpcOutcome.Cancelled cancelled -> new Failure.Cancelled(cancelled.message());
      case GrpcOutcome.RequestTooLarge(var message) -> new Failure.TooLarge(message);
      case GrpcOutcome.AnswerTooLarge(var message) -> new Failure.TooLarge(message);
      case GrpcOutcome.Malformed(var message) -> new Failure.Malformed(message);
    };
  }

  /** A gRPC status other than OK. */
  static Failure ofStatus(GrpcStatus status, String message) {
    if (says(message, "has no available versions") || says(message, "is not at ready state")) {
      // A model that comes or goes: the first with NOT_FOUND, the second, where a version was
      // named, with UNAVAILABLE.
      return new Failure.Stopping(message);
    }
    return switch (status) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> new Failure.InvalidRequest(message);
      case NOT_FOUND -> new Failure.NotFound(message);
      case UNAVAILABLE -> ofUnavailable(message);
      case DEADLINE_EXCEEDED -> new Failure.DeadlineExceeded(message);
      case RESOURCE_EXHAUSTED -> ofExhausted(message);
      default -> new Failure.Failed(status, message);
    };
  }

  /** An HTTP status other than 200: no gRPC server answered, as a rule a proxy. */
  static Failure ofHttp(int httpStatus) {
    return switch (httpStatus) {
      case 429, 502, 503, 504 -> new Failure.Unreachable("HTTP status " + httpStatus);
      case 404 -> new Failure.Failed(GrpcStatus.UNIMPLEMENTED, "HTTP status 404");
      case 413 -> new Failure.TooLarge("HTTP status 413");
      default -> new Failure.Failed(GrpcStatus.UNKNOWN, "HTTP status " + httpStatus);
    };
  }

  private static Failure ofUnavailable(String message) {
    if (says(message, "exceeds maximum queue size")) {
      return new Failure.QueueFull(message);
    }
    if (says(message, "request timeout expired")) {
      return new Failure.QueueTimeout(message);
    }
    if (says(message, "server is stopping")
        || says(message, "server exiting")
        || says(message, "server not ready")
        || says(message, "stopped accepting new inference requests")) {
      return new Failure.Stopping(message);
    }
    return new Failure.Unreachable(message.isEmpty() ? "UNAVAILABLE" : message);
  }

  private static Failure ofExhausted(String message) {
    // A Vert.x server says nothing more about a message that is too large; C++ ones say it.
    boolean aboutSize =
        message.isEmpty() || says(message, "larger than max") || says(message, "too large");
    return aboutSize
        ? new Failure.TooLarge(message.isEmpty() ? "RESOURCE_EXHAUSTED" : message)
        : new Failure.Failed(GrpcStatus.RESOURCE_EXHAUSTED, message);
  }

  private static Failure ofReset(GrpcOutcome.Reset reset) {
    String message = "stream reset with HTTP/2 code " + reset.code();
    if (reset.turnedAway()) {
      return new Failure.Unreachable(message);
    }
    if (reset.code() == HTTP2_NO_ERROR) {
      return new Failure.Malformed(message + " (expected a status first)");
    }
    return new Failure.Failed(
        reset.code() == HTTP2_CANCEL ? GrpcStatus.CANCELLED : GrpcStatus.INTERNAL, message);
  }

  private static boolean says(String message, String lowerCaseText) {
    return message.toLowerCase(Locale.ROOT).contains(lowerCaseText);
  }
}
