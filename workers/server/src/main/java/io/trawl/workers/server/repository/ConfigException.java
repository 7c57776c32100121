package io.trawl.workers.server.repository;

import java.io.Serial;

/** A model cannot be loaded as it is configured; the message says what to change. */
public final class ConfigException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final String reason;

  ConfigException(String message) {
    super(message);
    this.reason = message;
  }

  ConfigException(String message, Throwable cause) {
    super(message, cause);
    this.reason = message;
  }

  @Override
  public String getMessage() {
    return reason;
  }
}
