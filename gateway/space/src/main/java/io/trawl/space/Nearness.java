package io.trawl.space;

import io.trawl.retrieval.ItemVectors;
import io.trawl.space.manifest.Manifest.Metric;
import java.util.Optional;

/** How near two items are by the metric of a space's neighbour graph; more is nearer. */
public record Nearness(ItemVectors vectors, Metric metric) {

  /** By {@link #metricOf}; empty where the space was opened without item vectors. */
  public static Optional<Nearness> of(Space space) {
    return space.itemVectors().map(vectors -> new Nearness(vectors, metricOf(space)));
  }

  /** The metric that the manifest names; inner products for a space without a graph. */
  public static Metric metricOf(Space space) {
    var neighbours = space.manifest().neighbours();
    return neighbours == null ? Metric.INNER_PRODUCT : neighbours.metric();
  }

  /** How near they are. */
  public double between(int a, int b) {
    return switch (metric) {
      case INNER_PRODUCT -> dot(a, b);
      case COSINE -> {
        var norms = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
        yield norms == 0 ? 0 : dot(a, b) / norms;
      }
      case L2 -> -(dot(a, a) - 2 * dot(a, b) + dot(b, b));
    };
  }

  private double dot(int a, int b) {
    var sum = 0.0;
    for (var h = 0; h < vectors.width(); h++) {
      sum += (double) vectors.at(a, h) * vectors.at(b, h);
    }
    return sum;
  }
}
