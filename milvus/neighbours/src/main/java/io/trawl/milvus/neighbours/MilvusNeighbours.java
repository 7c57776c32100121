package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.service.vector.request.data.BaseVector;
import io.milvus.v2.service.vector.request.data.FloatVec;
import io.milvus.v2.service.vector.response.SearchResp;
import io.trawl.domain.Deadline;
import io.trawl.retrieval.ItemVectors;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.space.Nearness;
import io.trawl.space.manifest.Manifest.Metric;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Neighbours of items out of Milvus, nearest first, the item itself left out: by the items' ids
 * where the server can, by their vectors where it cannot. These come from the space, or out of
 * Milvus too where the space was opened without them.
 *
 * <p>The collection is indexed by inner products. Where the space's metric is another one, more are
 * asked for and ordered anew by that metric; what is near by the metric and far down by inner
 * products is then missed.
 */
public final class MilvusNeighbours implements NeighbourSource {

  /** How many more are asked for where the order is another one. */
  private static final int OVER = 4;

  private final MilvusConnection connection;
  private final ItemSearch search;
  private final Metric metric;
  private final Vectors vectors;

  /** The item vectors, on a thread that may wait for them. */
  private interface Vectors {

    /** One row for each. */
    ItemVectors rows(MilvusClientV2 client, int[] ordinals);

    /** How near any two of these are. */
    Near near(MilvusClientV2 client, IntStream ordinals);
  }

  @FunctionalInterface
  private interface Near {
    double between(int a, int b);
  }

  /**
   * @param nearness the metric that neighbours are nearest by
   */
  public MilvusNeighbours(MilvusConnection connection, ItemCollection items, Nearness nearness) {
    this(connection, items, nearness.metric(), held(nearness));
  }

  /** For a space that was opened without item vectors. */
  MilvusNeighbours(
      MilvusConnection connection, ItemCollection items, Metric metric, MilvusVectors vectors) {
    this(connection, items, metric, fetched(metric, vectors));
  }

  private MilvusNeighbours(
      MilvusConnection connection, ItemCollection items, Metric metric, Vectors vectors) {
    this.connection = connection;
    this.search = new ItemSearch(items, connection);
    this.metric = metric;
    this.vectors = vectors;
  }

  private static Vectors held(Nearness nearness) {
    return new Vectors() {
      @Override
      public ItemVectors rows(MilvusClientV2 client, int[] ordinals) {
        return nearness.vectors().rows(ordinals);
      }

      @Override
      public Near near(MilvusClientV2 client, IntStream ordinals) {
        return nearness::between;
      }
    };
  }

  private static Vectors fetched(Metric metric, MilvusVectors source) {
    return new Vectors() {
      @Override
      public ItemVectors rows(MilvusClientV2 client, int[] ordinals) {
        return source.rows(client, ordinals);
      }

      @Override
      public Near near(MilvusClientV2 client, IntStream ordinals) {
        var distinct = ordinals.sorted().distinct().toArray();
        var nearness = new Nearness(source.rows(client, distinct), metric);
        return (a, b) ->
            nearness.between(Arrays.binarySearch(distinct, a), Arrays.binarySearch(distinct, b));
      }
    };
  }

  @Override
  public Future<int[][]> neighbours(
      int[] ordinals, int count, Deadline deadline, Cancellation cancellation) {
    return connection.call(
        "neighbours", deadline, cancellation, client -> lists(client, ordinals, count));
  }

  private int[][] lists(MilvusClientV2 client, int[] ordinals, int count) {
    var lists = new int[ordinals.length][];
    for (var from = 0; from < ordinals.length; from += ItemSearch.MOST) {
      var some =
          Arrays.copyOfRange(ordinals, from, Math.min(ordinals.length, from + ItemSearch.MOST));
      var found = others(client, some, metric == Metric.INNER_PRODUCT ? count : count * OVER);
      if (metric != Metric.INNER_PRODUCT) {
        order(client, some, found);
      }
      for (var i = 0; i < some.length; i++) {
        lists[from + i] = Arrays.copyOf(found[i], Math.min(count, found[i].length));
      }
    }
    return lists;
  }

  /** By inner products, the items themselves left out. */
  private int[][] others(MilvusClientV2 client, int[] ordinals, int count) {
    // One more for the item itself.
    var found = search(client, ordinals, Math.min(ItemSearch.MOST, count + 1));
    var others = new int[ordinals.length][];
    for (var i = 0; i < ordinals.length; i++) {
      var item = ordinals[i];
      others[i] =
          found.get(i).stream()
              .mapToInt(ItemSearch::ordinal)
              .filter(other -> other != item)
              .toArray();
    }
    return others;
  }

  private List<List<SearchResp.SearchResult>> search(
      MilvusClientV2 client, int[] ordinals, int limit) {
    if (connection.capabilities().searchByIds()) {
      return search.byIds(
          client, Arrays.stream(ordinals).<Object>mapToObj(o -> (long) o).toList(), limit, "");
    }
    var rows = vectors.rows(client, ordinals);
    var queries = new ArrayList<BaseVector>();
    for (var i = 0; i < ordinals.length; i++) {
      queries.add(new FloatVec(rows.row(i)));
    }
    return search.byVectors(client, queries, limit, "");
  }

  private void order(MilvusClientV2 client, int[] ordinals, int[][] others) {
    var all =
        IntStream.concat(IntStream.of(ordinals), Arrays.stream(others).flatMapToInt(IntStream::of));
    var near = vectors.near(client, all);
    record Neighbour(int ordinal, double nearness) {}
    for (var i = 0; i < ordinals.length; i++) {
      var item = ordinals[i];
      others[i] =
          IntStream.of(others[i])
              .mapToObj(other -> new Neighbour(other, near.between(item, other)))
              .sorted(Comparator.comparingDouble(Neighbour::nearness).reversed())
              .mapToInt(Neighbour::ordinal)
              .toArray();
    }
  }
}
