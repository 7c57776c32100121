package io.trawl.serve.search;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.trawl.domain.Deadline;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.SearchRequest;
import io.trawl.serve.source.Cancellation;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** A search that a group took has a thread that runs it; one without is given back at once. */
class SearchGroupTest {

  private static final int ROUNDS = 20_000;

  private static final SearchTask.Fetcher NOBODY =
      need -> Future.failedFuture("nobody asks for " + need);

  /** Each offer fails; while one is on its way, the other must not count on its thread. */
  @Test
  void withoutRoomNobodyCountsOnAThreadThatIsNotThere() throws Exception {
    var pool = new ComputePool(2, 1);
    pool.close();
    var vertx = Vertx.vertx();
    var context = vertx.getOrCreateContext();
    var group = new SearchGroup(pool, 2);
    var together = new CyclicBarrier(2);
    Callable<Integer> offering =
        () -> {
          var taken = 0;
          for (var i = 0; i < ROUNDS; i++) {
            var task = task(context);
            together.await(10, SECONDS);
            taken += group.schedule(task) ? 1 : 0;
          }
          return taken;
        };
    try (var threads = Executors.newFixedThreadPool(2)) {
      var other = threads.submit(offering);
      assertEquals(0, threads.submit(offering).get(60, SECONDS));
      assertEquals(0, other.get(60, SECONDS));
    }
    assertFalse(group.schedule(task(context)));
    vertx.close().await(10, SECONDS);
  }

  private static SearchTask task(Context context) {
    var items = new ItemVectors(MemorySegment.ofArray(new float[] {1}), 1, 1);
    var request =
        new SearchRequest(
            new QueryVectors(new float[] {1}, 1, 1),
            1,
            ItemSet.all(1),
            0,
            ExploreSettings.forCatalogue(1));
    var job =
        new SearchTask.Job(
            () -> Engine.exact(items, Kernels.plain()).start(request),
            false,
            NOBODY,
            new Deadline(Long.MAX_VALUE),
            new Cancellation(),
            null);
    return new SearchTask(job, _ -> false, () -> 0, context);
  }
}
