package io.trawl.app.eval;

import java.util.Arrays;

/**
 * How well rankings put the held-out items on top, averaged over users.
 *
 * @param users users counted
 * @param hr5 share of users with a right item among the first 5
 * @param hr10 share of users with a right item among the first 10
 * @param ndcg5 mean normalised discounted cumulative gain of the first 5, gain 1 for a right item
 * @param ndcg10 the same of the first 10
 * @param recall1000 mean share of the right items among the first 1,000
 */
public record Quality(
    long users, double hr5, double hr10, double ndcg5, double ndcg10, double recall1000) {

  /** The deepest rank that any of the figures looks at. */
  public static final int DEPTH = 1000;

  /** The rank of an item that a ranking does not hold. */
  public static final int NOT_RANKED = Integer.MAX_VALUE;

  /** Sums up users one by one. */
  public static final class Sum {

    private long users;
    private double hr5;
    private double hr10;
    private double ndcg5;
    private double ndcg10;
    private double recall1000;

    /**
     * Counts one user.
     *
     * @param ranks the rank of each right item, 0 for the best, {@link #NOT_RANKED} where the
     *     ranking lacks it; at least one
     */
    public void add(int... ranks) {
      if (ranks.length == 0) {
        throw new IllegalArgumentException("ranks is empty; expected one per right item");
      }
      users++;
      hr5 += found(ranks, 5) > 0 ? 1 : 0;
      hr10 += found(ranks, 10) > 0 ? 1 : 0;
      ndcg5 += ndcg(ranks, 5);
      ndcg10 += ndcg(ranks, 10);
      recall1000 += (double) found(ranks, DEPTH) / ranks.length;
    }

    /** The means so far; all zero where nobody was counted. */
    public Quality mean() {
      var n = Math.max(1, users);
      return new Quality(users, hr5 / n, hr10 / n, ndcg5 / n, ndcg10 / n, recall1000 / n);
    }

    private static long found(int[] ranks, int depth) {
      return Arrays.stream(ranks).filter(rank -> rank < depth).count();
    }

    private static double ndcg(int[] ranks, int depth) {
      var gain = Arrays.stream(ranks).filter(rank -> rank < depth).mapToDouble(Sum::discount).sum();
      var best = 0.0;
      for (var rank = 0; rank < Math.min(depth, ranks.length); rank++) {
        best += discount(rank);
      }
      return gain / best;
    }

    private static double discount(int rank) {
      return Math.log(2) / Math.log(rank + 2.0);
    }
  }
}
