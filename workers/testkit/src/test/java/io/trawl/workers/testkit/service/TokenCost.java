package io.trawl.workers.testkit.service;

/**
 * What one forward pass of a backbone costs.
 *
 * @param fixedNanos of any pass
 * @param coldTokenNanos of each token of a prompt that no cache holds
 * @param queryTokenNanos of each token that the model appends to a row
 * @param queryTokens that the model appends to a row; no cache ever holds them
 */
public record TokenCost(
    long fixedNanos, long coldTokenNanos, long queryTokenNanos, int queryTokens) {

  public TokenCost {
    atLeastZero("fixedNanos", fixedNanos);
    atLeastZero("coldTokenNanos", coldTokenNanos);
    atLeastZero("queryTokenNanos", queryTokenNanos);
    atLeastZero("queryTokens", queryTokens);
  }

  /** Of a batch. */
  public long nanos(long coldTokens, long rows) {
    return fixedNanos + coldTokens * coldTokenNanos + rows * queryTokens * queryTokenNanos;
  }

  private static void atLeastZero(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected 0 or more)");
    }
  }
}
