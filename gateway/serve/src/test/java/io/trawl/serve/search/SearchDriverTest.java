package io.trawl.serve.search;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Deadline;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchExplanation;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.ManualTicker;
import io.trawl.serve.source.Cancellation;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The driver stands between engines that never wait and neighbours that may be far away: it must
 * stop in time, never hold a thread while it waits, and always give what was found.
 */
class SearchDriverTest {

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final ComputePool pool = new ComputePool(1, 1);
  private final SearchDriver driver = new SearchDriver(vertx, pool, ticker);
  private final Cancellation cancellation = new Cancellation();
  private final Deadline deadline = Deadline.after(Duration.ofMillis(10), ticker);

  @AfterEach
  void close() throws Exception {
    pool.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
  }

  @Test
  void advancesUntilTheSearchIsFinished() throws Exception {
    var search = new ScriptedSearch(more(), more(), finished());
    assertTrue(done(run(search, none())).finished());
    assertEquals(3, search.advanced);
  }

  @Test
  void handsInTheNeighboursThatWereAskedFor() throws Exception {
    var search = new ScriptedSearch(need(4, 5), finished());
    SearchTask.Fetcher source =
        _ -> Future.succeededFuture(new Search.Answer.Neighbours(new int[][] {{7}, {8}}));
    done(run(search, source));
    assertArrayEquals(new int[][] {{7}, {8}}, search.supplied.getFirst());
  }

  @Test
  void holdsNoThreadWhileNeighboursAreFetched() throws Exception {
    Promise<Search.Answer> far = Promise.promise();
    var asked = new CountDownLatch(1);
    SearchTask.Fetcher source =
        _ -> {
          asked.countDown();
          return far.future();
        };
    var waiting = run(new ScriptedSearch(need(1), finished()), source);
    assertTrue(asked.await(10, SECONDS));

    done(run(new ScriptedSearch(finished()), none()));
    assertFalse(waiting.isComplete());

    far.complete(new Search.Answer.Neighbours(new int[][] {{2}}));
    assertTrue(done(waiting).finished());
  }

  @Test
  void givesWhatItHasWhenNeighboursFail() throws Exception {
    var result =
        done(run(new ScriptedSearch(need(1), finished()), _ -> Future.failedFuture("away")));
    assertFalse(result.finished());
  }

  @Test
  void stopsBetweenTwoStepsWhenTheDeadlineHasPassed() throws Exception {
    var search =
        new ScriptedSearch(
            () -> {
              ticker.pass(Duration.ofMillis(11));
              return new Search.Step.More();
            },
            finished());
    assertFalse(done(run(search, none())).finished());
    assertEquals(1, search.advanced);
  }

  /** What it allocates may be as large as the catalogue. */
  @Test
  void startsTheSearchOnTheComputePool() throws Exception {
    var started = new AtomicReference<@Nullable Thread>();
    var job =
        new SearchTask.Job(
            () -> {
              started.set(Thread.currentThread());
              return new ScriptedSearch(finished());
            },
            false,
            none(),
            deadline,
            cancellation,
            null);
    done(driver.run(job, driver.alone()).map(SearchRun::result));
    assertEquals("trawl-compute-0", Objects.requireNonNull(started.get()).getName());
  }

  @Test
  void scoresNothingForACallerWhoLeft() throws Exception {
    cancellation.cancel();
    var search = new ScriptedSearch(finished());
    done(run(search, none()));
    assertEquals(0, search.advanced);
  }

  @Test
  void refusesAtOnceWhenThePoolIsFull() throws Exception {
    var started = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    var busy =
        run(
            new ScriptedSearch(
                () -> {
                  started.countDown();
                  release.await();
                  return new Search.Step.Finished();
                }),
            none());
    assertTrue(started.await(10, SECONDS));
    var queued = run(new ScriptedSearch(finished()), none());

    assertInstanceOf(
        SearchDriver.NoRoom.class, run(new ScriptedSearch(finished()), none()).cause());

    release.countDown();
    assertTrue(done(busy).finished());
    assertTrue(done(queued).finished());
  }

  @Test
  void aBrokenEngineFailsTheFuture() {
    var thrown = new IllegalStateException("broken");
    var broken =
        run(
            new ScriptedSearch(
                () -> {
                  throw thrown;
                }),
            none());
    assertSame(thrown, assertThrows(ExecutionException.class, () -> done(broken)).getCause());
  }

  private Future<SearchResult> run(Search search, SearchTask.Fetcher source) {
    return driver
        .run(
            new SearchTask.Job(() -> search, false, source, deadline, cancellation, null),
            driver.alone())
        .map(SearchRun::result);
  }

  private static SearchResult done(Future<SearchResult> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.toCompletionStage().toCompletableFuture().get(10, SECONDS);
  }

  private static SearchTask.Fetcher none() {
    return _ -> Future.failedFuture("no neighbours here");
  }

  private static Scripted more() {
    return Search.Step.More::new;
  }

  private static Scripted finished() {
    return Search.Step.Finished::new;
  }

  private static Scripted need(int... ordinals) {
    return () -> new Search.Step.NeedNeighbours(ordinals, 3);
  }

  private interface Scripted {
    Search.Step next() throws InterruptedException;
  }

  private static final class ScriptedSearch implements Search {

    private final Deque<Scripted> script;
    private final List<int[][]> supplied = new ArrayList<>();
    private int advanced;
    private boolean finished;

    ScriptedSearch(Scripted... script) {
      this.script = new ArrayDeque<>(List.of(script));
    }

    @Override
    public Step advance() {
      advanced++;
      try {
        var step = script.removeFirst().next();
        finished = step instanceof Step.Finished;
        return step;
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return new Step.Finished();
      }
    }

    @Override
    public void supply(Answer answer) {
      supplied.add(((Answer.Neighbours) answer).lists());
    }

    @Override
    public SearchExplanation explanation() {
      throw new IllegalStateException("nobody asked");
    }

    @Override
    public SearchResult result() {
      return new SearchResult(new int[0], new float[0], 0, advanced, 0, finished);
    }
  }
}
