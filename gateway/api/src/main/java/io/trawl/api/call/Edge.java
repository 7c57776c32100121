package io.trawl.api.call;

import io.trawl.api.check.ApiLimits;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/**
 * What the exchanges of all protocols work with.
 *
 * @param ports what the connections may hold, and how long they may take
 * @param ids names for requests that bring none
 */
public record Edge(
    Vertx vertx,
    ApiLimits limits,
    ApiOptions options,
    ApiMetrics metrics,
    PortWatch ports,
    Connections connections,
    Supplier<String> ids) {}
