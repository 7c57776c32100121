package io.trawl.workers.wire;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The status at the end of an answer. */
final class Trailers {

  private static final String STATUS = "grpc-status";

  private Trailers() {}

  static GrpcOutcome outcome(HttpClientResponse response) {
    // An answer without a message may carry its status in the headers.
    MultiMap trailers =
        response.trailers().contains(STATUS) ? response.trailers() : response.headers();
    String code = trailers.get(STATUS);
    if (code == null) {
      return new GrpcOutcome.Malformed("answer ended without a grpc-status");
    }
    GrpcStatus status = status(code);
    if (status == null) {
      return new GrpcOutcome.Malformed("grpc-status '" + code + "' (expected a known number)");
    }
    return status == GrpcStatus.OK
        ? new GrpcOutcome.Completed()
        : new GrpcOutcome.Refused(status, decoded(trailers.get("grpc-message")), trailers);
  }

  /** The number in a {@code grpc-status} header; null when it is none that gRPC knows. */
  static @Nullable GrpcStatus status(String header) {
    try {
      return GrpcStatus.valueOf(Integer.parseInt(header));
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }

  /** Undoes the percent encoding of a {@code grpc-message}; what is no encoding stays as it is. */
  static String decoded(@Nullable String message) {
    if (message == null || message.indexOf('%') < 0) {
      return message == null ? "" : message;
    }
    var bytes = new ByteArrayOutputStream(message.length());
    for (int i = 0; i < message.length(); i++) {
      char c = message.charAt(i);
      int high = c == '%' && i + 2 < message.length() ? hex(message.charAt(i + 1)) : -1;
      int low = high < 0 ? -1 : hex(message.charAt(i + 2));
      if (low < 0) {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      } else {
        bytes.write(high << 4 | low);
        i += 2;
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static int hex(char c) {
    return Character.digit(c, 16);
  }
}
