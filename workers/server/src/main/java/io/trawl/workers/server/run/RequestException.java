package io.trawl.workers.server.run;

import java.io.Serial;

/**
 * Carries a {@link CallFailure} out of the reading of a request, to the edge that answers with it.
 */
public final class RequestException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient CallFailure failure;

  RequestException(CallFailure failure) {
    // Part of serving bad requests, not a bug: no stack trace to fill.
    super(failure.message(), null, false, false);
    this.failure = failure;
  }

  public CallFailure failure() {
    return failure;
  }
}
