package io.trawl.workers.server.run;

import java.time.Duration;

/**
 * Why a call was not answered.
 *
 * @param code what the caller is told, as a gRPC status or its HTTP twin
 * @param reason how it is counted
 * @param message for people, in Triton's words where Triton has some
 * @param tooLarge whether what was sent is larger than is ever taken: RESOURCE_EXHAUSTED says as
 *     much over gRPC, and over HTTP there is a status for it
 */
public record CallFailure(Code code, Reason reason, String message, boolean tooLarge) {
  /** A status travels in a header, percent-encoded, and callers take 8 KiB of headers. */
  private static final int MAX_ENCODED = 4096;

  private static final int CONTENT_TOO_LARGE = 413;

  public CallFailure {
    message = bounded(message);
  }

  public CallFailure(Code code, Reason reason, String message) {
    this(code, reason, message, false);
  }

  private static String bounded(String message) {
    int room = MAX_ENCODED;
    for (int end = 0; end < message.length(); ) {
      int character = message.codePointAt(end);
      room -= encodedBytes(character);
      if (room < 0) {
        return message.substring(0, end) + "…";
      }
      end += Character.charCount(character);
    }
    return message;
  }

  private static int encodedBytes(int character) {
    if (character < 0x80) {
      return character >= ' ' && character <= '~' && character != '%' ? 1 : 3;
    }
    return character < 0x800 ? 6 : character < 0x10000 ? 9 : 12;
  }

  /** Status codes of the protocol, with the HTTP status that says the same. */
  public enum Code {
    INVALID_ARGUMENT(400),
    NOT_FOUND(404),
    /** There is no room now. */
    RESOURCE_EXHAUSTED(429),
    CANCELLED(499),
    INTERNAL(500),
    UNIMPLEMENTED(501),
    UNAVAILABLE(503),
    DEADLINE_EXCEEDED(504);

    private final int httpStatus;

    Code(int httpStatus) {
      this.httpStatus = httpStatus;
    }

    int httpStatus() {
      return httpStatus;
    }
  }

  /** What the caller is told over HTTP. */
  public int httpStatus() {
    return tooLarge ? CONTENT_TOO_LARGE : code.httpStatus();
  }

  /** The label {@code reason} of {@code nv_inference_request_failure}. */
  public enum Reason {
    /** The queue was full, or the request waited too long in it. */
    REJECTED,
    /** The caller left, or its deadline passed. */
    CANCELED,
    /** The model failed. */
    BACKEND,
    /** Anything else: a request that does not fit the model. */
    OTHER
  }

  static final CallFailure QUEUE_FULL =
      new CallFailure(Code.UNAVAILABLE, Reason.REJECTED, "Exceeds maximum queue size");
  static final CallFailure QUEUE_TIMEOUT =
      new CallFailure(Code.UNAVAILABLE, Reason.REJECTED, "Request timeout expired");
  public static final CallFailure DEADLINE =
      new CallFailure(Code.DEADLINE_EXCEEDED, Reason.CANCELED, "Deadline Exceeded");
  public static final CallFailure CANCELLED =
      new CallFailure(Code.CANCELLED, Reason.CANCELED, "cancelled");
  public static final CallFailure STOPPING =
      new CallFailure(
          Code.UNAVAILABLE,
          Reason.OTHER,
          "Server is stopping, scheduler for model has stopped accepting new inference requests");

  /** Never leaves the worker: the call goes to whatever took the version's place. */
  public static final CallFailure RETIRED =
      new CallFailure(
          Code.UNAVAILABLE, Reason.OTHER, "this version of the model is being unloaded");

  public static final CallFailure SERVER_EXITING =
      new CallFailure(Code.UNAVAILABLE, Reason.OTHER, "Server exiting");
  public static final CallFailure SERVER_NOT_READY =
      new CallFailure(Code.UNAVAILABLE, Reason.OTHER, "Server not ready");

  public static CallFailure invalid(String message) {
    return new CallFailure(Code.INVALID_ARGUMENT, Reason.OTHER, message);
  }

  public static CallFailure tooLarge(String message) {
    return new CallFailure(Code.RESOURCE_EXHAUSTED, Reason.OTHER, message, true);
  }

  public static CallFailure notFound(String message) {
    return new CallFailure(Code.NOT_FOUND, Reason.OTHER, message);
  }

  public static CallFailure unavailable(String message) {
    return new CallFailure(Code.UNAVAILABLE, Reason.OTHER, message);
  }

  public static CallFailure unimplemented(String message) {
    return new CallFailure(Code.UNIMPLEMENTED, Reason.OTHER, message);
  }

  public static CallFailure internal(String message) {
    return new CallFailure(Code.INTERNAL, Reason.OTHER, message);
  }

  /** The model ran, and this request is why it failed. */
  static CallFailure refusedByModel(String message) {
    return new CallFailure(Code.INVALID_ARGUMENT, Reason.BACKEND, message);
  }

  static CallFailure outOfMemory(String message) {
    return new CallFailure(Code.RESOURCE_EXHAUSTED, Reason.BACKEND, message);
  }

  static CallFailure beyondLimit(String model, Duration limit) {
    return new CallFailure(
        Code.DEADLINE_EXCEEDED,
        Reason.BACKEND,
        "model '%s' ran for longer than %s, the most that a run may take"
            .formatted(model, RunLimits.words(limit)));
  }

  static CallFailure backend(String message) {
    return new CallFailure(Code.INTERNAL, Reason.BACKEND, message);
  }

  /** Whether the model's queue had taken the request when it failed. */
  public boolean cameAfterAdmission() {
    return reason == Reason.BACKEND || reason == Reason.CANCELED || this == QUEUE_TIMEOUT;
  }

  /** For the places where a call is left from within a computation. */
  public RequestException asException() {
    return new RequestException(this);
  }
}
