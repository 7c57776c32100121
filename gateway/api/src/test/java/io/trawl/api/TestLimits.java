package io.trawl.api;

import io.trawl.api.check.ApiLimits;
import java.time.Duration;

/** Limits of small round numbers. */
public final class TestLimits {

  private TestLimits() {}

  public static ApiLimits small() {
    return new ApiLimits(
        new ApiLimits.Counts(
            100, // maxK
            10, // defaultK
            3, // maxObjectives
            20, // maxHistory
            5, // maxExcludedItems
            3, // maxSimilarItems
            4, // maxQueryVectors
            4), // maxBatch
        new ApiLimits.Texts(
            32, // maxIdChars
            64, // maxTextChars
            4), // maxProfileEntries
        new ApiLimits.Filters(
            8, // maxFilterConditions
            4, // maxFilterDepth
            8, // maxFilterComparisons
            4, // maxFilterValues
            16), // maxFilterValuesInAll
        new ApiLimits.Exploration(
            8, // maxRounds
            1000, // maxSample
            100, // maxKeep
            50), // maxNeighbours
        new ApiLimits.Messages(
            4096, // maxBodyBytes
            5), // maxViolations
        new ApiLimits.Deadlines(
            Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofMillis(20)));
  }
}
