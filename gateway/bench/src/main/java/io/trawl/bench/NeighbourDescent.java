package io.trawl.bench;

import io.trawl.bench.NeighbourLists.RowWriter;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.ScoreKernel;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleConsumer;

/**
 * Betters a graph of nearest neighbours: each item's new neighbours are the nearest of its old ones
 * and of theirs, which repairs what the borders of the lists cut off. One pass of NN-descent (Dong,
 * Moses, Li: Efficient k-nearest neighbor graph construction, 2011), without reverse edges.
 */
final class NeighbourDescent {

  private final ItemVectors items;
  private final NeighbourTable from;
  private final ScoreKernel kernel;

  /** In whose candidates an item was last, plus one. */
  private final int[] lastMet;

  private final int[] candidates;
  private final float[] products;

  NeighbourDescent(ItemVectors items, NeighbourTable from, ScoreKernel kernel) {
    this.items = items;
    this.from = from;
    this.kernel = kernel;
    this.lastMet = new int[items.count()];
    this.candidates = new int[from.degree() * (from.degree() + 1)];
    this.products = new float[candidates.length];
  }

  void run(RowWriter writer, DoubleConsumer progress) {
    for (var ordinal = 0; ordinal < items.count(); ordinal++) {
      var vector = new float[items.width()];
      MemorySegment.copy(
          items.segment(), ItemVectors.FLOAT, items.offset(ordinal), vector, 0, vector.length);
      var count = collect(ordinal);
      kernel
          .scorer(items, new QueryVectors(vector, 1, vector.length))
          .gather(candidates, 0, count, products);
      writer.write(ordinal, nearest(count));
      progress.accept((ordinal + 1.0) / items.count());
    }
  }

  private int collect(int ordinal) {
    lastMet[ordinal] = ordinal + 1;
    var count = 0;
    for (var rank = 0; rank < from.degree(); rank++) {
      var neighbour = from.at(ordinal, rank);
      if (neighbour < 0) {
        break;
      }
      count = add(neighbour, ordinal, count);
      for (var next = 0; next < from.degree(); next++) {
        count = add(from.at(neighbour, next), ordinal, count);
      }
    }
    return count;
  }

  private int add(int candidate, int ordinal, int count) {
    if (candidate < 0 || lastMet[candidate] == ordinal + 1) {
      return count;
    }
    lastMet[candidate] = ordinal + 1;
    candidates[count] = candidate;
    return count + 1;
  }

  private int[] nearest(int count) {
    var nearest = new NearestRow(from.degree());
    for (var c = 0; c < count; c++) {
      nearest.offer(candidates[c], products[c]);
    }
    return nearest.ordinals();
  }
}
