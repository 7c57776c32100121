package io.trawl.app.eval;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A figure of a {@link Quality}. */
public enum Metric {
  HR_5("HR@5"),
  HR_10("HR@10"),
  NDCG_5("NDCG@5"),
  NDCG_10("NDCG@10"),
  RECALL_1000("Recall@1000");

  private final String title;

  Metric(String title) {
    this.title = title;
  }

  /** The metric's name as the literature writes it. */
  public String title() {
    return title;
  }

  /** The metric's name in options, sentences and JSON. */
  public String label() {
    return title.toLowerCase(Locale.ROOT);
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
    return Arrays.stream(values()).filter(metric -> metric.title.equalsIgnoreCase(label)).findAny();
  }
}
