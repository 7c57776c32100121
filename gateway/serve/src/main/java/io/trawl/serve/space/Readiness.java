package io.trawl.serve.space;

import java.util.Objects;

/** Whether this gateway should get traffic. */
public sealed interface Readiness {

  /** A golden request passed through backbone and engine. */
  record Ready() implements Readiness {}

  /** It should not, and why, for a person. */
  record NotReady(String why) implements Readiness {
    public NotReady {
      Objects.requireNonNull(why, "why");
    }
  }
}
