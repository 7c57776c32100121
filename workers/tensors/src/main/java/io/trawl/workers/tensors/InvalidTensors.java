package io.trawl.workers.tensors;

import java.io.Serial;

/** A request whose tensors cannot be read; the message says which and why, for its sender. */
public final class InvalidTensors extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  public InvalidTensors(String message) {
    // Part of serving bad requests, not a bug: no stack trace to fill.
    super(message, null, false, false);
  }
}
