package io.trawl.retrieval;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/** Made-up catalogues, and plain models to compare with. */
final class Samples {

  private Samples() {}

  static float[] normal(Random random, int count) {
    var values = new float[count];
    for (var i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static ItemVectors items(Random random, int count, int width) {
    return ItemVectors.of(normal(random, count * width), width);
  }

  static QueryVectors queries(Random random, int count, int width) {
    return new QueryVectors(normal(random, count * width), count, width);
  }

  static QueryVectors queries(float[]... rows) {
    var width = rows[0].length;
    var values = new float[rows.length * width];
    for (var i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, values, i * width, width);
    }
    return new QueryVectors(values, rows.length, width);
  }

  static float inner(ItemVectors items, int ordinal, QueryVectors queries, int query) {
    var sum = 0f;
    for (var d = 0; d < items.width(); d++) {
      sum = Math.fma(queries.values()[query * queries.width() + d], items.at(ordinal, d), sum);
    }
    return sum;
  }

  /** The score by the contract's words. */
  static float score(ItemVectors items, int ordinal, QueryVectors queries) {
    var best = Float.NEGATIVE_INFINITY;
    for (var q = 0; q < queries.count(); q++) {
      var sum = inner(items, ordinal, queries, q);
      best = sum > best ? sum : best;
    }
    return best + 0f;
  }

  /** The best k of the eligible items, by sorting all of them. */
  static int[] ranking(ItemVectors items, QueryVectors queries, ItemSet eligible, int k) {
    record Scored(int ordinal, float score) {}
    return IntStream.range(0, items.count())
        .filter(eligible::contains)
        .mapToObj(o -> new Scored(o, score(items, o, queries)))
        .sorted(
            Comparator.comparingDouble((Scored item) -> -item.score)
                .thenComparingInt(Scored::ordinal))
        .limit(k)
        .mapToInt(Scored::ordinal)
        .toArray();
  }

  /** The nearest by Euclidean distance, then each item's successor, so that all are connected. */
  static NeighbourTable neighbours(ItemVectors items, int degree) {
    record Near(int ordinal, double distance) {}
    var table = new int[items.count() * degree];
    for (var i = 0; i < items.count(); i++) {
      var item = i;
      var row =
          IntStream.range(0, items.count())
              .filter(o -> o != item)
              .mapToObj(o -> new Near(o, distance(items, item, o)))
              .sorted(Comparator.comparingDouble(Near::distance))
              .limit(degree)
              .mapToInt(Near::ordinal)
              .toArray();
      System.arraycopy(row, 0, table, i * degree, degree);
      table[i * degree + degree - 1] = (i + 1) % items.count();
    }
    return NeighbourTable.of(table, degree);
  }

  static double distance(ItemVectors items, int a, int b) {
    var sum = 0.0;
    for (var d = 0; d < items.width(); d++) {
      var difference = (double) items.at(a, d) - items.at(b, d);
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  static ItemSet subset(Random random, int count, double share) {
    return ItemSet.where(count, _ -> random.nextDouble() < share);
  }
}
