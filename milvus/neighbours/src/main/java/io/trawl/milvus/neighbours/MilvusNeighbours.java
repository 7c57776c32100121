package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.service.vector.request.data.BaseVector;
import io.milvus.v2.service.vector.request.data.FloatVec;
import io.milvus.v2.service.vector.response.SearchResp;
import io.trawl.domain.Deadline;
import io.trawl.retrieval.ItemVectors;
import io.trawl.serve.Cancellation;
import io.trawl.serve.NeighbourSource;
import io.trawl.space.Nearness;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Neighbours of items out of Milvus, nearest first, the item itself left out: by the items' ids
 * where the server can, by their vectors out of the space where it cannot.
 *
 * <p>The collection is indexed by inner products. Where the space's metric is another one, more are
 * asked for and ordered anew by that metric from the space's vectors; what is near by the metric
 * and far down by inner products is then missed.
 */
public final class MilvusNeighbours implements NeighbourSource {

  /** How many more are asked for where the order is another one. */
  private static final int OVER = 4;

  private final MilvusConnection connection;
  private final ItemSearch search;
  private final ItemVectors vectors;
  private final Nearness nearness;

  /**
   * @param nearness the metric that neighbours are nearest by
   */
  public MilvusNeighbours(MilvusConnection connection, ItemCollection items, Nearness nearness) {
    this.connection = connection;
    this.search = new ItemSearch(items, connection);
    this.vectors = nearness.vectors();
    this.nearness = nearness;
  }

  @Override
  public Future<int[][]> neighbours(int[] ordinals, int count, Deadline deadline) {
    return connection.call(
        "neighbours", deadline, new Cancellation(), client -> lists(client, ordinals, count));
  }

  private int[][] lists(MilvusClientV2 client, int[] ordinals, int count) {
    var lists = new int[ordinals.length][];
    // One more for the item itself.
    var limit = Math.min(ItemSearch.MOST, (nearness.isInnerProduct() ? count : count * OVER) + 1);
    for (var from = 0; from < ordinals.length; from += ItemSearch.MOST) {
      var some =
          Arrays.copyOfRange(ordinals, from, Math.min(ordinals.length, from + ItemSearch.MOST));
      var found = search(client, some, limit);
      for (var i = 0; i < some.length; i++) {
        lists[from + i] = list(some[i], found.get(i), count);
      }
    }
    return lists;
  }

  private List<List<SearchResp.SearchResult>> search(
      MilvusClientV2 client, int[] ordinals, int limit) {
    if (connection.capabilities().searchByIds()) {
      return search.byIds(
          client, Arrays.stream(ordinals).<Object>mapToObj(o -> (long) o).toList(), limit, "");
    }
    var rows = new ArrayList<BaseVector>();
    for (var ordinal : ordinals) {
      rows.add(new FloatVec(row(ordinal)));
    }
    return search.byVectors(client, rows, limit, "");
  }

  private float[] row(int ordinal) {
    var row = new float[vectors.width()];
    for (var d = 0; d < row.length; d++) {
      row[d] = vectors.at(ordinal, d);
    }
    return row;
  }

  private int[] list(int ordinal, List<SearchResp.SearchResult> found, int count) {
    var others = found.stream().map(ItemSearch::ordinal).filter(other -> other != ordinal);
    if (!nearness.isInnerProduct()) {
      record Near(int ordinal, double nearness) {}
      others =
          others
              .map(other -> new Near(other, nearness.between(ordinal, other)))
              .sorted(Comparator.comparingDouble(Near::nearness).reversed())
              .map(Near::ordinal);
    }
    return others.limit(count).mapToInt(Integer::intValue).toArray();
  }
}
