package io.trawl.domain;

import org.jspecify.annotations.Nullable;

/**
 * How the caller wants the search done; null leaves the choice to the gateway's configuration.
 *
 * @param engine the engine
 * @param rounds T, the rounds of exploration
 * @param sample items scored in the first round
 * @param keep best items whose neighbours are added in a round
 * @param neighbours neighbours taken of each kept item
 * @param seed what the exploration's sample is drawn by
 */
public record EngineRequest(
    @Nullable EngineName engine,
    @Nullable Integer rounds,
    @Nullable Integer sample,
    @Nullable Integer keep,
    @Nullable Integer neighbours,
    @Nullable Long seed) {

  /** Leaves everything to the gateway. */
  public static EngineRequest defaults() {
    return new EngineRequest(null, null, null, null, null, null);
  }
}
