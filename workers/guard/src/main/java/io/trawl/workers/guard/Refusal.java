package io.trawl.workers.guard;

import java.time.Duration;
import java.util.Objects;

/** Why a call may not be made now. Nothing was taken, and nothing has to be given back. */
public sealed interface Refusal extends Admission {

  /**
   * As many calls as may are under way.
   *
   * @param concurrency how many that is
   */
  record Full(int concurrency) implements Refusal {}

  /**
   * Too many calls failed or were slow lately.
   *
   * @param retryAfter how long it is worth waiting: until probes are let through, or, while all
   *     probes are under way, until these have decided or are slow themselves
   */
  record Open(Duration retryAfter) implements Refusal {
    public Open {
      Objects.requireNonNull(retryAfter, "retryAfter");
    }
  }
}
