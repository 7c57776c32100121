package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.common.ConsistencyLevel;
import io.milvus.v2.service.vector.request.SearchReq;
import io.milvus.v2.service.vector.request.data.BaseVector;
import io.milvus.v2.service.vector.response.SearchResp;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One search of a collection of items, however it is asked. Blocks; for virtual threads. */
final class ItemSearch {

  /** Milvus' bound of a list, and of query vectors in one search. */
  static final int MOST = 16_384;

  private final ItemCollection items;
  private final MilvusConnection connection;

  /** Asked once; a collection's index does not change while a space is served from it. */
  private final AtomicReference<@Nullable IndexKind> index = new AtomicReference<>();

  ItemSearch(ItemCollection items, MilvusConnection connection) {
    this.items = items;
    this.connection = connection;
  }

  IndexKind index(MilvusClientV2 client) {
    var known = index.get();
    if (known != null) {
      return known;
    }
    var asked = IndexKind.of(client, items.name());
    index.set(asked);
    return asked;
  }

  /** Lists by vectors, best first. */
  List<List<SearchResp.SearchResult>> byVectors(
      MilvusClientV2 client, List<BaseVector> vectors, int limit, String filter) {
    return client.search(request(client, limit, filter).data(vectors).build()).getSearchResults();
  }

  /** Lists by the vectors of entities; only where {@link MilvusCapabilities#searchByIds}. */
  List<List<SearchResp.SearchResult>> byIds(
      MilvusClientV2 client, List<Object> ids, int limit, String filter) {
    return client.search(request(client, limit, filter).ids(ids).build()).getSearchResults();
  }

  private SearchReq.SearchReqBuilder request(MilvusClientV2 client, int limit, String filter) {
    var request =
        SearchReq.builder()
            .collectionName(items.name())
            .annsField(ItemFields.VECTOR)
            .topK(limit)
            .searchParams(new HashMap<>(index(client).parameters(limit)))
            // What is served was loaded and verified before: nothing has to be waited for.
            .consistencyLevel(ConsistencyLevel.EVENTUALLY);
    if (connection.capabilities().allFieldsByDefault()) {
      request.outputFields(List.of(ItemFields.ORDINAL));
    }
    return filter.isEmpty() ? request : request.filter(filter);
  }

  static int ordinal(SearchResp.SearchResult hit) {
    return Math.toIntExact((Long) hit.getId());
  }
}
