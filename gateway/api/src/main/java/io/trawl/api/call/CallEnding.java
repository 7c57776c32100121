package io.trawl.api.call;

import io.vertx.grpc.common.GrpcStatus;
import java.util.Locale;

/** Every way a call can end, with its status in both protocols: the table of retrieval.proto. */
public enum CallEnding {
  ANSWERED(200, GrpcStatus.OK, "Answered"),
  INVALID(400, GrpcStatus.INVALID_ARGUMENT, "The request is not valid"),
  /** Of the admin port only: web pages, and names that lead here without being known. */
  FORBIDDEN(403, GrpcStatus.PERMISSION_DENIED, "The request is not allowed here"),
  UNKNOWN_ITEM(404, GrpcStatus.NOT_FOUND, "There is no such item"),
  /** Of the Open Inference Protocol only. */
  UNKNOWN_MODEL(404, GrpcStatus.NOT_FOUND, "There is no such model"),
  UNKNOWN_METHOD(404, GrpcStatus.UNIMPLEMENTED, "There is no such method"),
  /** HTTP only. */
  METHOD_NOT_ALLOWED(405, GrpcStatus.UNIMPLEMENTED, "The method is not allowed on this path"),
  /** Of the admin port only. */
  NOT_ACTIVATED(409, GrpcStatus.FAILED_PRECONDITION, "The space was not activated"),
  TOO_SLOW(408, GrpcStatus.DEADLINE_EXCEEDED, "The request took too long to arrive"),
  TOO_LARGE(413, GrpcStatus.RESOURCE_EXHAUSTED, "The request is too large"),
  NOT_SERVED(415, GrpcStatus.UNIMPLEMENTED, "The content type or encoding is not served"),
  /** HTTP only. */
  NOT_EXPECTED(417, GrpcStatus.UNIMPLEMENTED, "The server does not do what the request expects"),
  /**
   * 429 and not 503: proxies take a gateway that answers 503 out of rotation, which moves its load
   * to the others at the very moment when there is too much.
   */
  SHED(429, GrpcStatus.RESOURCE_EXHAUSTED, "There is no room now"),
  /** Nobody reads it: 499 is what proxies log for it. */
  CANCELLED(499, GrpcStatus.CANCELLED, "The caller left"),
  FAILED(500, GrpcStatus.INTERNAL, "The gateway failed"),
  ENCODE_FAILED(502, GrpcStatus.UNAVAILABLE, "The backbone gave no query vectors"),
  SEARCH_FAILED(503, GrpcStatus.UNAVAILABLE, "The search could not be made"),
  EXPIRED(504, GrpcStatus.DEADLINE_EXCEEDED, "The deadline passed");

  private final int httpStatus;
  private final GrpcStatus grpcStatus;
  private final String title;

  CallEnding(int httpStatus, GrpcStatus grpcStatus, String title) {
    this.httpStatus = httpStatus;
    this.grpcStatus = grpcStatus;
    this.title = title;
  }

  /** Whether only the admin port ends requests so. */
  public boolean isOfAdminPort() {
    return this == FORBIDDEN || this == NOT_ACTIVATED;
  }

  public int httpStatus() {
    return httpStatus;
  }

  public GrpcStatus grpcStatus() {
    return grpcStatus;
  }

  public String title() {
    return title;
  }

  /** Its name in metrics, logs and the type of a problem document. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
