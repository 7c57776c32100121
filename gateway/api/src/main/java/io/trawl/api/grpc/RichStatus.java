package io.trawl.api.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import io.trawl.api.call.CallReply;
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

  private RichStatus() {}

  static String encode(CallReply.Refusal refusal) {
    var status =
        Status.newBuilder()
            .setCode(refusal.ending().grpcStatus().code)
            .setMessage(refusal.text())
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

  private static BadRequest badRequest(CallReply.Refusal refusal) {
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
