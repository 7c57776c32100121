package io.trawl.serve.source;

import io.trawl.domain.Deadline;
import io.vertx.core.Future;

/** The model that turns a user and an objective into query vectors, wherever it runs. */
public interface Backbone extends Counterpart {

  /**
   * Runs the backbone once for one objective.
   *
   * @param deadline by when the returned future is complete
   * @param cancellation fired when nobody waits any more; the call then ends on the wire too
   * @return how it ended, on the caller's context; the future itself never fails
   */
  Future<EncodeOutcome> encode(EncodeRequest request, Deadline deadline, Cancellation cancellation);
}
