package io.trawl.milvus.neighbours;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.milvus.grpc.IDs;
import io.milvus.grpc.LongArray;
import io.milvus.grpc.SearchRequest;
import io.milvus.grpc.SearchResultData;
import io.milvus.grpc.SearchResults;
import io.trawl.domain.Deadline;
import io.trawl.retrieval.Hits;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.HitSource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever a server sends, the engine gets lists no longer than it asked for: it sizes its tables
 * by that. What is cut away is in the bounds.
 */
class MilvusHitsTest {

  private static final int COUNT = 40_000;
  private static final int LIMIT = 100;

  private final Vertx vertx = Vertx.vertx();
  private final FakeMilvus server = FakeMilvus.start("2.6.4", 0);
  private final MilvusConnection connection =
      MilvusConnection.create(
          vertx,
          MilvusOptions.administering(server.endpoint(), "", Duration.ofMinutes(1)),
          () -> 0,
          new SimpleMeterRegistry());
  private final MilvusHits hits =
      new MilvusHits(connection, ItemCollection.of("items", List.of()), new SimpleMeterRegistry());

  @BeforeEach
  void connect() {
    done(connection.start());
  }

  @AfterEach
  void close() {
    done(connection.close());
    server.close();
    done(vertx.close());
  }

  /** So many are excluded that the server is not told, and asked for as many more. */
  @Test
  void listsAreCutToWhatWasAskedFor() {
    server.searching(request -> lists(request, 0, topK(request)));
    var excluded = IntStream.range(0, 15_000).toArray();
    var found = done(ask(excluded));
    var first = topK(server.searches().getFirst());
    assertTrue(first > LIMIT);
    // What came was too little, so more is asked for, some times over and no further.
    assertEquals(
        List.of(first, 4 * first, 16 * first, 64 * first),
        server.searches().stream().map(MilvusHitsTest::topK).toList());
    for (var q = 0; q < 2; q++) {
      assertEquals(0, found.ordinals()[q].length);
      // Nothing that was sent is eligible, and any item that was not sent may score as the last.
      assertEquals(-64 * first + 1, found.bounds()[q]);
    }

    server.searching(request -> lists(request, 14_990, topK(request)));
    found = done(ask(excluded));
    for (var q = 0; q < 2; q++) {
      assertArrayEquals(IntStream.range(15_000, 15_100).toArray(), found.ordinals()[q]);
      assertEquals(-15_100, found.bounds()[q]);
    }
  }

  /** The nearest ones are often those that may not be an answer. */
  @Test
  void moreIsAskedForUntilEnoughMayBeAnAnswer() {
    server.searching(request -> lists(request, 14_500, topK(request)));
    var found = done(ask(IntStream.range(0, 15_000).toArray()));
    assertEquals(2, server.searches().size());
    for (var q = 0; q < 2; q++) {
      assertArrayEquals(IntStream.range(15_000, 15_100).toArray(), found.ordinals()[q]);
    }
  }

  @Test
  void aServerThatSendsMoreThanItWasAskedForIsCutShortToo() {
    server.searching(request -> lists(request, 0, 5_000));
    var found = done(ask(new int[] {3}));
    for (var q = 0; q < 2; q++) {
      assertEquals(LIMIT, found.ordinals()[q].length);
      assertEquals(-101, found.bounds()[q]);
    }
  }

  @Test
  void anotherNumberOfListsIsNoAnswer() {
    server.searching(request -> lists(request.toBuilder().setNq(3).build(), 0, 1));
    var failed = assertThrows(CompletionException.class, () -> done(ask(new int[0])));
    assertEquals(
        "Milvus failed: 3 lists came; expected 2",
        String.valueOf(failed.getCause()).split(": ", 2)[1]);
  }

  private Future<Hits> ask(int[] excluded) {
    var eligible = ItemSet.all(COUNT).without(excluded);
    var query =
        new HitSource.Query(
            new QueryVectors(new float[] {1, 2, 3, 4}, 2, 2), LIMIT, null, excluded, eligible);
    return hits.hits(query, Deadline.after(Duration.ofMinutes(1), () -> 0), new Cancellation());
  }

  private static int topK(SearchRequest request) {
    return request.getSearchParamsList().stream()
        .filter(each -> each.getKey().equals("topk"))
        .mapToInt(each -> Integer.parseInt(each.getValue()))
        .findFirst()
        .orElseThrow();
  }

  /**
   * For each query vector the same items from {@code first} on, each scored by minus its ordinal.
   */
  private static SearchResults lists(SearchRequest request, int first, int length) {
    var ids = LongArray.newBuilder();
    var results = SearchResultData.newBuilder().setNumQueries(request.getNq()).setTopK(length);
    for (var q = 0; q < request.getNq(); q++) {
      results.addTopks(length);
      for (var i = first; i < first + length; i++) {
        ids.addData(i);
        results.addScores(-i);
      }
    }
    return SearchResults.newBuilder()
        .setResults(results.setIds(IDs.newBuilder().setIntId(ids)))
        .build();
  }

  private static <T> T done(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
