package io.trawl.api;

import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** What both protocols work with. */
record Edge(
    Vertx vertx,
    RetrievalCalls calls,
    ApiLimits limits,
    ApiOptions options,
    ApiMetrics metrics,
    Connections connections,
    Supplier<String> ids) {

  boolean full() {
    return metrics.inFlight() > options.maxInFlight();
  }
}
