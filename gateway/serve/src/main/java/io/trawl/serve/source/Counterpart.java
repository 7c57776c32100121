package io.trawl.serve.source;

import io.trawl.domain.Deadline;
import io.vertx.core.Future;
import java.util.Optional;

/** Something outside that a space is served with, and that must be of the same space. */
public interface Counterpart {

  /**
   * Asks it what it holds.
   *
   * @return what keeps it from being this space's; empty when nothing does. The future itself never
   *     fails
   */
  Future<Optional<String>> disagreement(Deadline deadline);
}
