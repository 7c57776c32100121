package io.trawl.workers.server.run;

import java.io.Serial;

/** Carries a {@link Problem} out of the reading of a request, to the edge that answers with it. */
public final class RequestException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  RequestException(Problem problem) {
    // Part of serving bad requests, not a bug: no stack trace to fill.
    super(problem.message(), null, false, false);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
