package io.trawl.api.check;

import io.trawl.domain.Violation;
import java.time.Duration;
import java.util.List;

/** What came of holding a message against the limits. */
public sealed interface Checked<R> {

  /** The domain's request, and how long it may take from its arrival. */
  record Right<R>(R request, Duration budget) implements Checked<R> {}

  /**
   * What is wrong with which field.
   *
   * @param requestId the message's own id, or the head's where it brings none that is fit
   */
  record Wrong<R>(String requestId, List<Violation> violations) implements Checked<R> {
    public Wrong {
      violations = List.copyOf(violations);
    }
  }
}
