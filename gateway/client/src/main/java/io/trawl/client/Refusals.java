package io.trawl.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.api.rpc.BadRequest;
import io.trawl.api.rpc.RequestInfo;
import io.trawl.api.rpc.RetryInfo;
import io.trawl.api.rpc.Status;
import io.trawl.api.v1.FieldError;
import io.vertx.core.MultiMap;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.common.GrpcStatus;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The table from what a gateway, a proxy or the transport says to an {@link Outcome}. */
final class Refusals {

  private static final String DETAILS = "grpc-status-details-bin";

  private static final int HTTP2_REFUSED_STREAM = 7;
  private static final int HTTP2_ENHANCE_YOUR_CALM = 11;

  private Refusals() {}

  /**
   * A gRPC status other than OK, with its details where it brings any.
   *
   * @param trailers where the status was found
   */
  static <T> Outcome<T> ofStatus(GrpcStatus status, MultiMap trailers) {
    var details = details(trailers.get(DETAILS));
    if (details == null) {
      return outcome(
          status.name(), decoded(trailers.get("grpc-message")), List.of(), Optional.empty());
    }
    List<FieldError> errors = new ArrayList<>();
    Optional<Duration> retryAfter = Optional.empty();
    var requestId = "";
    try {
      for (Any detail : details.getDetailsList()) {
        if (detail.is(BadRequest.class)) {
          for (var violation : detail.unpack(BadRequest.class).getFieldViolationsList()) {
            errors.add(
                FieldError.newBuilder()
                    .setField(violation.getField())
                    .setWhy(violation.getDescription())
                    .build());
          }
        } else if (detail.is(RetryInfo.class)) {
          var delay = detail.unpack(RetryInfo.class).getRetryDelay();
          retryAfter = Optional.of(Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
        } else if (detail.is(RequestInfo.class)) {
          requestId = detail.unpack(RequestInfo.class).getRequestId();
        }
      }
    } catch (InvalidProtocolBufferException half) {
      // The status itself stands; what its details would have added is lost.
    }
    var text = details.getMessage();
    return outcome(
        status.name(),
        requestId.isEmpty() ? text : text + " (request " + requestId + ")",
        errors,
        retryAfter);
  }

  /**
   * What a status means. A gateway sheds with a time to wait; without one a message is too large.
   */
  static <T> Outcome<T> outcome(
      String status, String text, List<FieldError> errors, Optional<Duration> retryAfter) {
    return switch (status) {
      case "INVALID_ARGUMENT" -> new Outcome.Invalid<>(text, errors);
      case "RESOURCE_EXHAUSTED" ->
          retryAfter.isPresent()
              ? new Outcome.Shed<>(text, retryAfter)
              : new Outcome.Invalid<>(text, errors);
      case "NOT_FOUND" -> new Outcome.NotFound<>(text);
      case "DEADLINE_EXCEEDED" -> new Outcome.Expired<>(text);
      case "UNAVAILABLE" -> new Outcome.Unavailable<>(text);
      case "CANCELLED" -> new Outcome.Cancelled<>(text);
      default -> new Outcome.Failed<>(status, text);
    };
  }

  /** An HTTP status other than 200: no gateway answered, as a rule a proxy. */
  static <T> Outcome<T> ofHttp(int httpStatus) {
    var text = "HTTP status " + httpStatus + " where gRPC was expected";
    return switch (httpStatus) {
      case 429, 502, 503, 504 -> new Outcome.Unavailable<>(text);
      default -> new Outcome.Failed<>("UNKNOWN", text);
    };
  }

  /** The transport gave up. */
  static <T> Outcome<T> ofTransport(Throwable cause) {
    if (cause instanceof StreamResetException reset
        && reset.getCode() != HTTP2_REFUSED_STREAM
        && reset.getCode() != HTTP2_ENHANCE_YOUR_CALM) {
      return new Outcome.Failed<>(
          "INTERNAL", "the stream was reset with HTTP/2 code " + reset.getCode());
    }
    var message = cause.getMessage();
    return new Outcome.Unavailable<>(message == null ? cause.getClass().getSimpleName() : message);
  }

  static <T> Outcome<T> malformed(String what) {
    return new Outcome.Failed<>("INTERNAL", "the answer holds " + what);
  }

  private static @Nullable Status details(@Nullable String header) {
    try {
      return header == null ? null : Status.parseFrom(Base64.getDecoder().decode(header));
    } catch (InvalidProtocolBufferException | IllegalArgumentException unreadable) {
      return null;
    }
  }

  /** Undoes the percent encoding of a {@code grpc-message}; what is no encoding stays as it is. */
  private static String decoded(@Nullable String message) {
    if (message == null) {
      return "";
    }
    try {
      return URLDecoder.decode(message.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException plain) {
      return message;
    }
  }
}
