package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.wire.NanoClock;
import io.trawl.workers.wire.bounds.GrpcTimeout;
import io.vertx.core.MultiMap;

/** How long the caller of a call waits, from its beginning on. */
final class Deadline {
  private final NanoClock ticker;
  private final long startedNanos;
  private final long timeoutNanos;

  private Deadline(NanoClock ticker, long timeoutNanos) {
    this.ticker = ticker;
    this.startedNanos = ticker.nanos();
    this.timeoutNanos = timeoutNanos;
  }

  /**
   * Of a call that begins now, by {@code grpc-timeout}; what is not there, or cannot be read, sets
   * no deadline.
   */
  static Deadline of(MultiMap headers, NanoClock ticker) {
    String header = headers.get(GrpcTimeout.HEADER);
    return new Deadline(
        ticker,
        header == null ? BatchQueue.NEVER : GrpcTimeout.nanos(header).orElse(BatchQueue.NEVER));
  }

  /** {@link BatchQueue#NEVER} where there is none; not above 0 once it has passed. */
  long leftNanos() {
    return timeoutNanos == BatchQueue.NEVER
        ? BatchQueue.NEVER
        : timeoutNanos - (ticker.nanos() - startedNanos);
  }
}
