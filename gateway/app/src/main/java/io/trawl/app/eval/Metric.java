package io.trawl.app.eval;

import java.util.Arrays;
import java.util.Optional;

/** A figure of a {@link Quality}. */
public enum Metric {
  HR_5("hr@5"),
  HR_10("hr@10"),
  NDCG_5("ndcg@5"),
  NDCG_10("ndcg@10"),
  RECALL_1000("recall@1000");

  private final String label;

  Metric(String label) {
    this.label = label;
  }

  /** The metric's name in options, tables and JSON. */
  public String label() {
    return label;
  }

  public double of(Quality quality) {
    return switch (this) {
      case HR_5 -> quality.hr5();
      case HR_10 -> quality.hr10();
      case NDCG_5 -> quality.ndcg5();
      case NDCG_10 -> quality.ndcg10();
      case RECALL_1000 -> quality.recall1000();
    };
  }

  /** The metric of a label. */
  public static Optional<Metric> labelled(String label) {
    return Arrays.stream(values()).filter(metric -> metric.label.equalsIgnoreCase(label)).findAny();
  }
}
