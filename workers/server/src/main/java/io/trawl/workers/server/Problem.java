package io.trawl.workers.server;

/**
 * Why a call was not answered.
 *
 * @param code what the caller is told, as a gRPC status or its HTTP twin
 * @param reason how it is counted
 * @param message for people, in Triton's words where Triton has some
 */
record Problem(Code code, Reason reason, String message) {

  /** Status codes of the protocol, with the HTTP status that says the same. */
  enum Code {
    INVALID_ARGUMENT(400),
    NOT_FOUND(404),
    RESOURCE_EXHAUSTED(413),
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

  /** The label {@code reason} of {@code nv_inference_request_failure}. */
  enum Reason {
    /** The queue was full, or the request waited too long in it. */
    REJECTED,
    /** The caller left, or its deadline passed. */
    CANCELED,
    /** The model failed. */
    BACKEND,
    /** Anything else: a request that does not fit the model. */
    OTHER
  }

  static final Problem QUEUE_FULL =
      new Problem(Code.UNAVAILABLE, Reason.REJECTED, "Exceeds maximum queue size");
  static final Problem QUEUE_TIMEOUT =
      new Problem(Code.UNAVAILABLE, Reason.REJECTED, "Request timeout expired");
  static final Problem DEADLINE =
      new Problem(Code.DEADLINE_EXCEEDED, Reason.CANCELED, "Deadline Exceeded");
  static final Problem CANCELLED = new Problem(Code.CANCELLED, Reason.CANCELED, "cancelled");
  static final Problem STOPPING =
      new Problem(
          Code.UNAVAILABLE,
          Reason.OTHER,
          "Server is stopping, scheduler for model has stopped accepting new inference requests");

  /** Never leaves the worker: the call goes to whatever took the version's place. */
  static final Problem RETIRED =
      new Problem(Code.UNAVAILABLE, Reason.OTHER, "this version of the model is being unloaded");

  static final Problem SERVER_EXITING =
      new Problem(Code.UNAVAILABLE, Reason.OTHER, "Server exiting");
  static final Problem SERVER_NOT_READY =
      new Problem(Code.UNAVAILABLE, Reason.OTHER, "Server not ready");

  static Problem invalid(String message) {
    return new Problem(Code.INVALID_ARGUMENT, Reason.OTHER, message);
  }

  static Problem notFound(String message) {
    return new Problem(Code.NOT_FOUND, Reason.OTHER, message);
  }

  static Problem unavailable(String message) {
    return new Problem(Code.UNAVAILABLE, Reason.OTHER, message);
  }

  static Problem unimplemented(String message) {
    return new Problem(Code.UNIMPLEMENTED, Reason.OTHER, message);
  }

  static Problem internal(String message) {
    return new Problem(Code.INTERNAL, Reason.OTHER, message);
  }

  static Problem backend(String message) {
    return new Problem(Code.INTERNAL, Reason.BACKEND, message);
  }

  /** Whether the model's queue had taken the request when it failed. */
  boolean cameAfterAdmission() {
    return reason == Reason.BACKEND || reason == Reason.CANCELED || this == QUEUE_TIMEOUT;
  }

  /** For the places where a call is left from within a computation. */
  RequestException asException() {
    return new RequestException(this);
  }
}
