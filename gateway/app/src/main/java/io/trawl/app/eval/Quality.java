package io.trawl.app.eval;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * How well rankings put the held-out items on top, averaged over users.
 *
 * @param users users counted
 * @param means every metric's mean
 */
public record Quality(long users, Map<Metric, Double> means) {

  /** The deepest rank that any of the figures looks at. */
  public static final int DEPTH = 1000;

  /** The rank of an item that a ranking does not hold. */
  public static final int NOT_RANKED = Integer.MAX_VALUE;

  public Quality {
    means = Collections.unmodifiableMap(new EnumMap<>(means));
  }

  /** The mean of a metric. */
  public double of(Metric metric) {
    return means.getOrDefault(metric, 0.0);
  }

  /** Sums up users one by one. */
  public static final class Sum {

    private final Map<Metric, Double> sums = new EnumMap<>(Metric.class);
    private long users;

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
      add(metric -> metric.of(ranks));
    }

    /** Counts one user by the figures themselves. */
    void add(ToDoubleFunction<Metric> figures) {
      users++;
      for (var metric : Metric.values()) {
        sums.merge(metric, figures.applyAsDouble(metric), Double::sum);
      }
    }

    /** The means so far; all zero where nobody was counted. */
    public Quality mean() {
      var means = new EnumMap<Metric, Double>(Metric.class);
      for (var metric : Metric.values()) {
        means.put(metric, sums.getOrDefault(metric, 0.0) / Math.max(1, users));
      }
      return new Quality(users, means);
    }
  }
}
