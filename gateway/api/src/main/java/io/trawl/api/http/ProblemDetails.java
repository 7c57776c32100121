package io.trawl.api.http;

import io.trawl.api.call.CallReply;
import io.trawl.api.codec.JsonEncoder;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;

/** A refusal as a problem document (RFC 9457). */
public final class ProblemDetails {

  public static final String CONTENT_TYPE = "application/problem+json";

  /** What the type of every problem begins with; the label of its ending follows. */
  public static final String TYPE = "urn:trawl:problem:";

  private ProblemDetails() {}

  public static Buffer encode(CallReply.Refusal refusal) {
    return JsonEncoder.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("type", TYPE + refusal.ending().label());
          json.writeStringField("title", refusal.ending().title());
          json.writeNumberField("status", refusal.ending().httpStatus());
          if (!refusal.detail().isEmpty()) {
            json.writeStringField("detail", refusal.detail());
          }
          if (!refusal.violations().isEmpty()) {
            json.writeArrayFieldStart("errors");
            for (var violation : refusal.violations()) {
              json.writeStartObject();
              json.writeStringField("field", violation.field());
              json.writeStringField("why", violation.why());
              json.writeEndObject();
            }
            json.writeEndArray();
          }
          if (!refusal.requestId().isEmpty()) {
            json.writeStringField("request_id", refusal.requestId());
          }
          json.writeEndObject();
        });
  }

  /** Whole seconds, at least one: HTTP knows no smaller unit. */
  static String retryAfterSeconds(Duration wait) {
    return Long.toString(Math.max(1, wait.plusMillis(999).toSeconds()));
  }
}
