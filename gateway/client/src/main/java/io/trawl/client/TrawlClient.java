package io.trawl.client;

import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.GetItemResponse;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.ListObjectivesResponse;
import io.trawl.api.v1.RankedList;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveBatchResponse;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SearchResponse;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.ObjIntConsumer;

/**
 * The calls of the API. Each takes a deadline: by when the gateway shall answer, counted from the
 * call. It goes out with the request, also as the {@code deadline_ms} of a request that has none of
 * its own, and ends the call here too, after {@link TrawlClientOptions#grace}. A gateway refuses a
 * {@code deadline_ms} beyond its bound.
 */
public interface TrawlClient {

  /** Connects with the first call. */
  static TrawlClient create(Vertx vertx, TrawlClientOptions options) {
    return new VertxTrawlClient(vertx, options, NanoClock.system());
  }

  /** Ranked items for one user, one list per objective. */
  Call<RetrieveResponse> retrieve(RetrieveRequest request, Duration deadline);

  /** Retrieve for several users; {@link Outcome#of} reads the results one by one. */
  Call<RetrieveBatchResponse> retrieveBatch(RetrieveBatchRequest request, Duration deadline);

  /**
   * Retrieve that tells what it has while it searches; the outcome is the whole answer.
   *
   * @param lists told each list so far, with its objective's place among those asked, from 0;
   *     before the outcome, on the call's context, which it must not block. What it throws ends the
   *     call and fails the outcome's future
   */
  Call<RetrieveResponse> retrieveStream(
      RetrieveRequest request, Duration deadline, ObjIntConsumer<RankedList> lists);

  /** Items like some items and unlike others. */
  Call<SearchResponse> similar(SimilarRequest request, Duration deadline);

  /** The best items for the caller's own query vectors. */
  Call<SearchResponse> search(SearchRequest request, Duration deadline);

  /** The objectives of the space that answers now. */
  Call<ListObjectivesResponse> objectives(ListObjectivesRequest request, Duration deadline);

  /** One item of the catalogue. */
  Call<GetItemResponse> item(GetItemRequest request, Duration deadline);

  /** Closes the connections; calls in flight end as {@link Outcome.Unavailable}. */
  Future<Void> close();
}
