package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.NeighbourPlane;
import io.trawl.serve.source.Uses;
import io.vertx.core.Future;

/**
 * A batch whose requests ask one plane for neighbours.
 *
 * @param uses of the space; each request is one
 * @param lease the batch's own use, ended with it
 */
record PlaneBatch(RetrievalPipeline together, NeighbourPlane plane, Uses uses, Uses.Lease lease)
    implements RetrievalBatch {

  @Override
  public Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation cancellation) {
    return uses.within(() -> together.retrieve(request, deadline, cancellation));
  }

  @Override
  public long neighboursAsked() {
    return plane.asked();
  }

  @Override
  public long neighboursFetched() {
    return plane.fetched();
  }

  @Override
  public void close() {
    lease.close();
  }
}
