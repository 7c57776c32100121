package io.trawl.app.eval;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** A figure of how well rankings put right items on top, from 0 to 1. */
public enum Metric {
  HR_5("HR@5", Kind.HIT_RATE, 5),
  HR_10("HR@10", Kind.HIT_RATE, 10),
  NDCG_5("NDCG@5", Kind.NDCG, 5),
  NDCG_10("NDCG@10", Kind.NDCG, 10),
  RECALL_1000("Recall@1000", Kind.RECALL, Quality.DEPTH);

  private enum Kind {
    /** Whether any right item is there. */
    HIT_RATE,
    /** Normalised discounted cumulative gain, gain 1 for a right item. */
    NDCG,
    /** The share of the right items that are there. */
    RECALL
  }

  private final String title;
  private final Kind kind;

  /** Only the first so many places count. */
  private final int depth;

  Metric(String title, Kind kind, int depth) {
    this.title = title;
    this.kind = kind;
    this.depth = depth;
  }

  /** The metric's name as the literature writes it. */
  public String title() {
    return title;
  }

  /** The metric's name in options, sentences and JSON. */
  public String label() {
    return title.toLowerCase(Locale.ROOT);
  }

  /** The metric of a label. */
  public static Optional<Metric> labelled(String label) {
    return Arrays.stream(values()).filter(metric -> metric.title.equalsIgnoreCase(label)).findAny();
  }

  /**
   * What one ranking reaches.
   *
   * @param ranks the rank of each right item, 0 for the best
   */
  double of(int[] ranks) {
    var found = Arrays.stream(ranks).filter(rank -> rank < depth);
    return switch (kind) {
      case HIT_RATE -> found.findAny().isPresent() ? 1 : 0;
      case NDCG -> found.mapToDouble(Metric::discount).sum() / bestGain(ranks.length);
      case RECALL -> (double) found.count() / ranks.length;
    };
  }

  /** What a ranking that is drawn at random is expected to reach, with so many items right. */
  double byChance(int eligible, int right) {
    return switch (kind) {
      case HIT_RATE -> {
        var miss = 1.0;
        for (var i = 0; i < depth; i++) {
          miss *= Math.max(0, (double) (eligible - right - i) / Math.max(1, eligible - i));
        }
        yield 1 - miss;
      }
      case NDCG -> bestGain(eligible) * right / Math.max(1, eligible) / bestGain(right);
      case RECALL -> Math.min(1, (double) depth / eligible);
    };
  }

  /** The gain where all of the first places that there are hold right items. */
  private double bestGain(int right) {
    return IntStream.range(0, Math.min(depth, right)).mapToDouble(Metric::discount).sum();
  }

  private static double discount(int rank) {
    return Math.log(2) / Math.log(rank + 2.0);
  }
}
