package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.serve.source.Cancellation;
import io.vertx.core.Future;

/**
 * Several retrievals whose searches run together: item vectors are read for all of them at once,
 * and an item's neighbours are asked for once. Each ends by itself; what fails one touches no
 * other, and each is answered as it would be alone.
 */
public interface RetrievalBatch extends AutoCloseable {

  /** As {@link Retriever#retrieve}. */
  Future<RetrievalOutcome> retrieve(
      RetrievalRequest request, Deadline deadline, Cancellation cancellation);

  /** Items whose neighbours the batch's searches asked for so far, once per search. */
  long neighboursAsked();

  /** Items whose neighbours were fetched so far. */
  long neighboursFetched();

  /** No more is asked of it; what was asked goes on to its end. */
  @Override
  void close();
}
