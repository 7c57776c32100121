package io.trawl.api;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import io.trawl.api.rpc.BadRequest;
import io.trawl.api.rpc.RequestInfo;
import io.trawl.api.rpc.RetryInfo;
import io.trawl.api.rpc.Status;
import java.util.Base64;

/** A refusal as gRPC's richer error model writes it. */
final class RichStatus {

  static final String TRAILER = "grpc-status-details-bin";

  /**
   * Clients refuse headers that are too long together, many beyond 8 KiB; violations beyond this
   * are left out of the details.
   */
  private static final int MAX_VIOLATION_BYTES = 4096;

  /** As above, for the text. */
  private static final int MAX_MESSAGE_CHARS = 1024;

  private RichStatus() {}

  static String message(Reply.Refusal refusal) {
    var text =
        refusal.detail().isEmpty()
            ? refusal.ending().title()
            : refusal.ending().title() + ": " + refusal.detail();
    return text.length() <= MAX_MESSAGE_CHARS ? text : text.substring(0, MAX_MESSAGE_CHARS);
  }

  static String encode(Reply.Refusal refusal) {
    var status =
        Status.newBuilder()
            .setCode(refusal.ending().grpcStatus().code)
            .setMessage(message(refusal))
            .addDetails(
                Any.pack(RequestInfo.newBuilder().setRequestId(refusal.requestId()).build()));
    if (!refusal.violations().isEmpty()) {
      status.addDetails(Any.pack(badRequest(refusal)));
    }
    var retryAfter = refusal.retryAfter();
    if (retryAfter != null) {
      var delay =
          Duration.newBuilder().setSeconds(retryAfter.getSeconds()).setNanos(retryAfter.getNano());
      status.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
    }
    return Base64.getEncoder().withoutPadding().encodeToString(status.build().toByteArray());
  }

  private static BadRequest badRequest(Reply.Refusal refusal) {
    var badRequest = BadRequest.newBuilder();
    int bytes = 0;
    for (var violation : refusal.violations()) {
      var field =
          BadRequest.FieldViolation.newBuilder()
              .setField(violation.field())
              .setDescription(violation.why())
              .build();
      bytes += field.getSerializedSize();
      if (bytes > MAX_VIOLATION_BYTES) {
        break;
      }
      badRequest.addFieldViolations(field);
    }
    return badRequest.build();
  }
}
