package io.trawl.workers.server;

import java.io.Serial;

/** An inference library could not open or run a model; the message says why. */
final class BackendException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final String reason;

  BackendException(String message) {
    super(message);
    this.reason = message;
  }

  BackendException(String message, Throwable cause) {
    super(message, cause);
    this.reason = message;
  }

  @Override
  public String getMessage() {
    return reason;
  }
}
