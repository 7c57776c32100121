package io.trawl.serve;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Ticker;
import io.trawl.serve.search.ComputePool;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * What all spaces of a gateway are served with.
 *
 * @param pool the threads that score
 * @param clock the request time of requests that bring none
 * @param seeds the seed of requests that bring none
 */
public record SharedParts(
    Vertx vertx,
    ComputePool pool,
    SearchOptions search,
    ReadinessOptions readiness,
    Ticker ticker,
    InstantSource clock,
    LongSupplier seeds,
    MeterRegistry registry) {

  public SharedParts {
    Objects.requireNonNull(vertx, "vertx");
    Objects.requireNonNull(pool, "pool");
    Objects.requireNonNull(search, "search");
    Objects.requireNonNull(readiness, "readiness");
    Objects.requireNonNull(ticker, "ticker");
    Objects.requireNonNull(clock, "clock");
    Objects.requireNonNull(seeds, "seeds");
    Objects.requireNonNull(registry, "registry");
  }
}
