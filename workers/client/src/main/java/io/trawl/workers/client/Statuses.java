package io.trawl.workers.client;

import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The table from what a server, a proxy or the transport says to a {@link Failure}.
 *
 * <p>Triton tells apart by text what it gives one status: matched is any part of the message, since
 * some messages start with a request id.
 */
final class Statuses {

  private static final int HTTP2_NO_ERROR = 0;
  private static final int HTTP2_REFUSED_STREAM = 7;
  private static final int HTTP2_CANCEL = 8;
  private static final int HTTP2_ENHANCE_YOUR_CALM = 11;

  private Statuses() {}

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

  /** The transport gave up. */
  static Failure ofTransport(Throwable cause) {
    return switch (cause) {
      case StreamResetException reset -> ofReset(reset.getCode());
      case ConnectionPoolTooBusyException busy ->
          new Failure.QueueFull("too many calls wait for this endpoint: " + describe(busy));
      default -> new Failure.Unreachable(describe(cause));
    };
  }

  /** The number in a {@code grpc-status} header; null when it is none that gRPC knows. */
  static @Nullable GrpcStatus parse(String header) {
    try {
      return GrpcStatus.valueOf(Integer.parseInt(header));
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }

  /** Undoes the percent encoding of a {@code grpc-message}; what is no encoding stays as it is. */
  static String decodeMessage(@Nullable String header) {
    if (header == null || header.indexOf('%') < 0) {
      return header == null ? "" : header;
    }
    var bytes = new ByteArrayOutputStream(header.length());
    for (int i = 0; i < header.length(); i++) {
      char c = header.charAt(i);
      int high = c == '%' && i + 2 < header.length() ? hex(header.charAt(i + 1)) : -1;
      int low = high < 0 ? -1 : hex(header.charAt(i + 2));
      if (low < 0) {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      } else {
        bytes.write(high << 4 | low);
        i += 2;
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
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

  private static Failure ofReset(long code) {
    String message = "stream reset with HTTP/2 code " + code;
    if (code == HTTP2_REFUSED_STREAM || code == HTTP2_ENHANCE_YOUR_CALM) {
      return new Failure.Unreachable(message);
    }
    if (code == HTTP2_NO_ERROR) {
      return new Failure.Malformed(message + " (expected a status first)");
    }
    return new Failure.Failed(
        code == HTTP2_CANCEL ? GrpcStatus.CANCELLED : GrpcStatus.INTERNAL, message);
  }

  private static boolean says(String message, String lowerCaseText) {
    return message.toLowerCase(Locale.ROOT).contains(lowerCaseText);
  }

  private static int hex(char c) {
    return Character.digit(c, 16);
  }

  private static String describe(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
