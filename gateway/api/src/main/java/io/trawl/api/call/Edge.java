package io.trawl.api.call;

import io.trawl.api.check.ApiLimits;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/**
 * What the exchanges of all protocols work with.
 *
 * @param admission how much work is taken on
 * @param reading how messages become what they say
 * @param ids names for requests that bring none
 */
public record Edge(
    Vertx vertx,
    ApiLimits limits,
    ApiOptions options,
    ApiMetrics metrics,
    Connections connections,
    Admission admission,
    Reading reading,
    Supplier<String> ids) {}
