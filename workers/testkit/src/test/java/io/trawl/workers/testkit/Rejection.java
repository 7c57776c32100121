package io.trawl.workers.testkit;

import io.vertx.grpc.common.GrpcStatus;

/** The refusals that Triton tells apart by their text, in its words. */
public enum Rejection {
  /** The model's queue has no room. */
  QUEUE_FULL(GrpcStatus.UNAVAILABLE, "[request id: <id_unknown>] Exceeds maximum queue size"),
  /** The call waited in the queue until its time there was up. */
  QUEUE_TIMEOUT(GrpcStatus.UNAVAILABLE, "Request timeout expired"),
  /** The server has been told to end. */
  STOPPING(
      GrpcStatus.UNAVAILABLE,
      "Server is stopping, scheduler for model has stopped accepting new inference requests"),
  /** The model is being unloaded, or was. */
  NO_VERSIONS(GrpcStatus.NOT_FOUND, "Request for unknown model: '%s' has no available versions");

  private final GrpcStatus status;
  private final String words;

  Rejection(GrpcStatus status, String words) {
    this.status = status;
    this.words = words;
  }

  /** What Triton says of a model. */
  public String words(String model) {
    return words.formatted(model);
  }

  void play(Exchange exchange) {
    exchange.fail(status, words(exchange.request().getModelName()));
  }
}
