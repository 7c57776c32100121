package io.trawl.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.api.rpc.BadRequest;
import io.trawl.api.rpc.RequestInfo;
import io.trawl.api.rpc.RetryInfo;
import io.trawl.api.rpc.Status;
import io.trawl.api.v1.FieldError;
import io.trawl.workers.wire.GrpcOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The table from what a gateway, a proxy or the transport says to an {@link Outcome}. */
final class Refusals {

  private static final String DETAILS = "grpc-status-details-bin";

  private Refusals() {}

  /** Why a call has no answer. */
  static <T> Outcome<T> of(GrpcOutcome.NoAnswer outcome) {
    return switch (outcome) {
      case GrpcOutcome.Refused refused -> ofStatus(refused);
      case GrpcOutcome.NotGrpc(int httpStatus) -> ofHttp(httpStatus);
      case GrpcOutcome.Reset reset -> {
        var text = "the stream was reset with HTTP/2 code " + reset.code();
        yield reset.turnedAway()
            ? new Outcome.Unavailable<>(text)
            : new Outcome.Failed<>("INTERNAL", text);
      }
      case GrpcOutcome.Unreachable(var text) -> new Outcome.Unavailable<>(text);
      case GrpcOutcome.NoRoom(var text) -> new Outcome.Shed<>(text, Optional.empty());
      case GrpcOutcome.Expired(var when) -> new Outcome.Expired<>(when);
      case GrpcOutcome.Cancelled cancelled -> new Outcome.Cancelled<>(cancelled.message());
      case GrpcOutcome.RequestTooLarge(var text) -> new Outcome.Invalid<>(text, List.of());
      case GrpcOutcome.AnswerTooLarge(var text) -> new Outcome.Failed<>("INTERNAL", text);
      case GrpcOutcome.Malformed(var text) -> new Outcome.Failed<>("INTERNAL", text);
    };
  }

  /** A gRPC status other than OK, with its details where it brings any. */
  private static <T> Outcome<T> ofStatus(GrpcOutcome.Refused refused) {
    var status = refused.status();
    var details = details(refused.trailers().get(DETAILS));
    if (details == null) {
      return outcome(status.name(), refused.message(), List.of(), Optional.empty());
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
  private static <T> Outcome<T> ofHttp(int httpStatus) {
    var text = "HTTP status " + httpStatus + " where gRPC was expected";
    return switch (httpStatus) {
      case 429, 502, 503, 504 -> new Outcome.Unavailable<>(text);
      default -> new Outcome.Failed<>("UNKNOWN", text);
    };
  }

  private static @Nullable Status details(@Nullable String header) {
    try {
      return header == null ? null : Status.parseFrom(Base64.getDecoder().decode(header));
    } catch (InvalidProtocolBufferException | IllegalArgumentException unreadable) {
      return null;
    }
  }
}
