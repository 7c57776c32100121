package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.common.ConsistencyLevel;
import io.milvus.v2.service.vector.request.QueryReq;
import io.trawl.domain.Deadline;
import io.trawl.retrieval.ItemVectors;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.VectorSource;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Item vectors out of Milvus, bit by bit as the space has them. */
public final class MilvusVectors implements VectorSource {

  private final MilvusConnection connection;
  private final ItemCollection items;
  private final int width;

  /**
   * @param width H, the numbers per vector
   */
  public MilvusVectors(MilvusConnection connection, ItemCollection items, int width) {
    this.connection = connection;
    this.items = items;
    this.width = width;
  }

  @Override
  public Future<ItemVectors> vectors(int[] ordinals, Deadline deadline, Cancellation cancellation) {
    return ordinals.length == 0
        ? Future.succeededFuture(ItemVectors.of(new float[0], width))
        : connection.call("vectors", deadline, cancellation, client -> rows(client, ordinals));
  }

  /** As {@link #vectors}, on this thread. */
  ItemVectors rows(MilvusClientV2 client, int[] ordinals) {
    var rows = new float[ordinals.length * width];
    for (var from = 0; from < ordinals.length; from += MOST_FETCHED) {
      var some = Arrays.copyOfRange(ordinals, from, Math.min(ordinals.length, from + MOST_FETCHED));
      var stored = stored(client, some);
      for (var i = 0; i < some.length; i++) {
        copy(some[i], stored, rows, (from + i) * width);
      }
    }
    return ItemVectors.of(rows, width);
  }

  private Map<Long, List<?>> stored(MilvusClientV2 client, int[] ordinals) {
    var answer =
        client.query(
            QueryReq.builder()
                .collectionName(items.name())
                .ids(Arrays.stream(ordinals).distinct().<Object>mapToObj(o -> (long) o).toList())
                .outputFields(List.of(ItemFields.ORDINAL, ItemFields.VECTOR))
                // What is served was loaded and verified before: nothing has to be waited for.
                .consistencyLevel(ConsistencyLevel.EVENTUALLY)
                .build());
    var stored = new HashMap<Long, List<?>>();
    for (var result : answer.getQueryResults()) {
      var entity = result.getEntity();
      stored.put((Long) entity.get(ItemFields.ORDINAL), (List<?>) entity.get(ItemFields.VECTOR));
    }
    return stored;
  }

  private void copy(int ordinal, Map<Long, List<?>> stored, float[] rows, int at) {
    var vector = stored.get((long) ordinal);
    if (vector == null || vector.size() != width) {
      throw new IllegalStateException(
          "collection %s has no vector of %d numbers for item %d"
              .formatted(items.name(), width, ordinal));
    }
    var next = at;
    for (var number : vector) {
      rows[next++] = (Float) number;
    }
  }
}
