package io.trawl.bench;

import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.NeighbourTable;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleConsumer;

/**
 * Builds a graph of nearest neighbours by inner product with brute force inside lists: k-means over
 * a sample gives the lists, every item goes to its nearest, and an item's neighbours are the
 * largest inner products with all items in its own list and the few lists closest to that. A plain
 * graph: edges are not diversified and none are added to make it connected. Why inner product:
 * docs/decisions/0004-explore-constants.md.
 */
final class NeighbourLists {

  private static final int ITEMS_PER_LIST = 1_000;
  private static final int TRAINING_ITEMS_PER_LIST = 50;
  private static final int TRAINING_ROUNDS = 6;
  private static final int LISTS_SEARCHED = 4;

  private final ItemVectors items;
  private final int degree;
  private final long seed;
  private final int lists;

  NeighbourLists(ItemVectors items, int degree, long seed) {
    this.items = items;
    this.degree = degree;
    this.seed = seed;
    this.lists = Math.max(1, items.count() / ITEMS_PER_LIST);
  }

  /** Takes the finished row of an item. */
  @FunctionalInterface
  interface RowWriter {
    void write(int ordinal, int[] row);
  }

  /** Builds the graph row by row, in no order. */
  void build(RowWriter writer, DoubleConsumer progress) {
    var centroids = trained();
    var members = members(assigned(every(items.count(), 1), centroids));
    var nearby = nearbyLists(centroids);
    var products = new InnerProducts(items.width());
    var done = 0;
    for (var list = 0; list < lists; list++) {
      var candidates = joined(members, nearby[list]);
      products.columns(items, candidates, candidates.length);
      for (var from = 0; from < members[list].length; from += InnerProducts.ROWS) {
        var count = Math.min(InnerProducts.ROWS, members[list].length - from);
        products.multiply(items, members[list], from, count);
        for (var i = 0; i < count; i++) {
          var ordinal = members[list][from + i];
          writer.write(ordinal, nearest(ordinal, candidates, products, i));
        }
      }
      done += members[list].length;
      progress.accept(done / (double) items.count());
    }
  }

  /** The share of true nearest neighbours that a graph holds, over a few items. */
  static double recall(ItemVectors items, NeighbourTable table, int samples) {
    var found = 0;
    for (var sample = 0; sample < samples; sample++) {
      var ordinal = (int) ((long) sample * items.count() / samples);
      var products = new double[items.count()];
      for (var other = 0; other < items.count(); other++) {
        products[other] = other == ordinal ? -Double.MAX_VALUE : product(items, ordinal, other);
      }
      var sorted = products.clone();
      Arrays.sort(sorted);
      for (var rank = 0; rank < table.degree(); rank++) {
        var neighbour = table.at(ordinal, rank);
        if (neighbour >= 0 && products[neighbour] >= sorted[sorted.length - table.degree()]) {
          found++;
        }
      }
    }
    return found / (double) (samples * table.degree());
  }

  private static double product(ItemVectors items, int a, int b) {
    var sum = 0f;
    for (var d = 0; d < items.width(); d++) {
      sum = Math.fma(items.at(a, d), items.at(b, d), sum);
    }
    return sum;
  }

  private static double distance(ItemVectors items, int a, int b) {
    var sum = 0f;
    for (var d = 0; d < items.width(); d++) {
      var difference = items.at(a, d) - items.at(b, d);
      sum += difference * difference;
    }
    return sum;
  }

  private float[] trained() {
    var step = Math.max(1, items.count() / (lists * TRAINING_ITEMS_PER_LIST));
    var sample = every(items.count(), step);
    var width = items.width();
    var random = new Random(seed);
    var centroids = new float[lists * width];
    for (var list = 0; list < lists; list++) {
      var start = sample[random.nextInt(sample.length)];
      for (var d = 0; d < width; d++) {
        centroids[list * width + d] = items.at(start, d);
      }
    }
    for (var round = 0; round < TRAINING_ROUNDS; round++) {
      var assigned = assigned(sample, centroids);
      var sums = new double[lists * width];
      var counts = new int[lists];
      for (var i = 0; i < sample.length; i++) {
        counts[assigned[i]]++;
        for (var d = 0; d < width; d++) {
          sums[assigned[i] * width + d] += items.at(sample[i], d);
        }
      }
      for (var list = 0; list < lists; list++) {
        for (var d = 0; d < width && counts[list] > 0; d++) {
          centroids[list * width + d] = (float) (sums[list * width + d] / counts[list]);
        }
      }
    }
    return centroids;
  }

  private int[] assigned(int[] ordinals, float[] centroids) {
    var width = items.width();
    var halfSquares = new float[lists];
    for (var list = 0; list < lists; list++) {
      for (var d = 0; d < width; d++) {
        halfSquares[list] += centroids[list * width + d] * centroids[list * width + d] / 2;
      }
    }
    var products = new InnerProducts(width);
    products.columns(centroids, lists);
    var assigned = new int[ordinals.length];
    for (var from = 0; from < ordinals.length; from += InnerProducts.ROWS) {
      var count = Math.min(InnerProducts.ROWS, ordinals.length - from);
      products.multiply(items, ordinals, from, count);
      for (var i = 0; i < count; i++) {
        var best = 0;
        var row = i * products.stride();
        for (var list = 1; list < lists; list++) {
          if (products.products()[row + list] - halfSquares[list]
              > products.products()[row + best] - halfSquares[best]) {
            best = list;
          }
        }
        assigned[from + i] = best;
      }
    }
    return assigned;
  }

  private int[][] members(int[] assigned) {
    var sizes = new int[lists];
    for (var list : assigned) {
      sizes[list]++;
    }
    var members = new int[lists][];
    for (var list = 0; list < lists; list++) {
      members[list] = new int[sizes[list]];
    }
    Arrays.fill(sizes, 0);
    for (var ordinal = 0; ordinal < assigned.length; ordinal++) {
      var list = assigned[ordinal];
      members[list][sizes[list]++] = ordinal;
    }
    return members;
  }

  private int[][] nearbyLists(float[] centroids) {
    var vectors = ItemVectors.of(centroids, items.width());
    var nearby = new int[lists][];
    for (var list = 0; list < lists; list++) {
      var byDistance = new long[lists];
      for (var other = 0; other < lists; other++) {
        var bits = Float.floatToRawIntBits((float) distance(vectors, list, other));
        byDistance[other] = ((long) bits << 32) | other;
      }
      Arrays.sort(byDistance);
      nearby[list] =
          Arrays.stream(byDistance).limit(LISTS_SEARCHED).mapToInt(key -> (int) key).toArray();
    }
    return nearby;
  }

  private static int[] joined(int[][] members, int[] which) {
    return Arrays.stream(which)
        .mapToObj(list -> members[list])
        .flatMapToInt(Arrays::stream)
        .toArray();
  }

  private int[] nearest(int ordinal, int[] candidates, InnerProducts products, int row) {
    var values = products.products();
    var start = row * products.stride();
    var nearest = new NearestRow(degree);
    for (var c = 0; c < candidates.length; c++) {
      if (candidates[c] != ordinal) {
        nearest.offer(candidates[c], values[start + c]);
      }
    }
    return nearest.ordinals();
  }

  private static int[] every(int count, int step) {
    var ordinals = new int[(count + step - 1) / step];
    for (var i = 0; i < ordinals.length; i++) {
      ordinals[i] = i * step;
    }
    return ordinals;
  }
}
