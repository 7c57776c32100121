package io.trawl.workers.server.run;

import java.io.Serial;

/** An inference library could not open or run a model; the message says why. */
public final class BackendException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final String reason;

  public BackendException(String message) {
    super(message);
    this.reason = message;
  }

  public BackendException(String message, Throwable cause) {
    super(message, cause);
    this.reason = message;
  }

  @Override
  public String getMessage() {
    return reason;
  }
}
