package io.trawl.serve;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.serve.search.ComputePool;
import io.trawl.space.TinySpace;
import io.vertx.core.Vertx;

/** What pipelines share, with everything as it usually is. */
public final class TestParts {

  /** Of searches whose callers bring none. */
  static final long SEED = 77;

  private TestParts() {}

  static SharedParts of(Vertx vertx, ComputePool pool, ManualTicker ticker) {
    return of(vertx, pool, ticker, new SimpleMeterRegistry());
  }

  public static SharedParts of(
      Vertx vertx, ComputePool pool, ManualTicker ticker, MeterRegistry registry) {
    return new SharedParts(
        vertx,
        pool,
        SearchOptions.defaults(),
        ReadinessOptions.defaults(),
        ticker,
        () -> TinySpace.NOW,
        () -> SEED,
        registry);
  }
}
