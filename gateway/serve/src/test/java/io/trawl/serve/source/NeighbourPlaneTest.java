package io.trawl.serve.source;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.serve.ManualTicker;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Whoever asks gets what the source would have given, whoever asked first and whatever became of
 * that; and the source is asked for each item as seldom as can be.
 */
class NeighbourPlaneTest {

  private record Call(int[] ordinals, int count, Deadline deadline, Promise<int[][]> promise) {}

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final List<Call> calls = new ArrayList<>();
  private final NeighbourSource source =
      (ordinals, count, deadline, _) -> {
        var call = new Call(ordinals, count, deadline, Promise.promise());
        calls.add(call);
        return call.promise.future();
      };
  private final PlaneCounts counts = new PlaneCounts();
  private final NeighbourPlane plane = plane(new PlaneOptions(4, 3, 1));

  private NeighbourPlane plane(PlaneOptions options) {
    return new NeighbourPlane(vertx, source, options, ticker, counts);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
  }

  @Test
  void oneItemIsOnItsWayOnce() {
    var first = ask(1, 2);
    var second = ask(2, 1);
    assertEquals(1, calls.size());
    answer(0);
    assertArrayEquals(new int[][] {{10, 5}, {20, 5}}, first.result());
    assertArrayEquals(new int[][] {{20, 5}, {10, 5}}, second.result());
    assertTrue(ask(2, 1).succeeded());
    assertEquals(1, calls.size());
    assertEquals(6, plane.asked());
    assertEquals(2, plane.fetched());
  }

  @Test
  void whatIsMissedWhileACallIsUnderWayGoesWithTheNextInBatches() {
    ask(1);
    var others = List.of(ask(2), ask(3, 2), ask(4), ask(5));
    assertEquals(1, calls.size());
    answer(0);
    assertArrayEquals(new int[] {2, 3, 4}, calls.get(1).ordinals());
    answer(1);
    assertArrayEquals(new int[] {5}, calls.get(2).ordinals());
    assertTrue(others.get(2).succeeded());
    assertFalse(others.get(3).isComplete());
    answer(2);
    assertTrue(others.get(3).succeeded());
  }

  @Test
  void anItemAskedTwiceInOneRequestStandsTwice() {
    var twice = ask(1, 2, 1);
    assertArrayEquals(new int[] {1, 2}, calls.getFirst().ordinals());
    answer(0);
    assertArrayEquals(new int[][] {{10, 5}, {20, 5}, {10, 5}}, twice.result());
  }

  @Test
  void anotherCountIsAnotherQuestion() {
    ask(1);
    plane.neighbours(new int[] {1}, 9, in(100), new Cancellation());
    answer(0);
    assertEquals(9, calls.get(1).count());
  }

  @Test
  void whatIsAskedForOftenOutlastsWhatIsAskedForOnce() {
    ask(1, 2, 3);
    answer(0);
    for (var again = 0; again < 5; again++) {
      assertTrue(ask(1).succeeded());
    }
    for (var once = 10; once < 30; once++) {
      ask(once);
      answer(calls.size() - 1);
    }
    assertTrue(ask(1).succeeded());
    assertEquals(4, counts.kept.sum());
    assertEquals(19, counts.evicted.sum());
  }

  @Test
  void aFetchThatFailsFailsThoseWhoWaitAndIsForgotten() {
    var first = ask(1);
    var second = ask(1);
    var other = ask(2);
    calls.getFirst().promise.fail(new SourceFailed("away"));
    assertEquals("away", first.cause().getMessage());
    assertEquals("away", second.cause().getMessage());
    answer(1);
    assertTrue(other.succeeded());
    var again = ask(1);
    answer(2);
    assertArrayEquals(new int[][] {{10, 5}}, again.result());
  }

  @Test
  void aSourceThatThrowsOrAnswersAnotherQuestionHasFailed() {
    var wrong = ask(1, 2);
    calls.getFirst().promise.complete(new int[1][]);
    assertInstanceOf(IllegalStateException.class, wrong.cause());
    var throwing =
        new NeighbourPlane(
            vertx,
            (_, _, _, _) -> {
              throw new IllegalArgumentException("broken");
            },
            PlaneOptions.defaults(),
            ticker);
    for (var i = 0; i < 5; i++) {
      assertInstanceOf(
          IllegalArgumentException.class,
          throwing.neighbours(new int[] {1}, 5, in(100), new Cancellation()).cause());
    }
  }

  @Test
  void aCallMayTakeAsLongAsThePatientestWhoWaitsForIt() {
    ask(9);
    plane.neighbours(new int[] {1}, 5, in(50), new Cancellation());
    plane.neighbours(new int[] {1}, 5, in(500), new Cancellation());
    plane.neighbours(new int[] {2}, 5, in(200), new Cancellation());
    answer(0);
    assertEquals(in(500), calls.get(1).deadline());
  }

  @Test
  void eachWaitsUntilItsOwnDeadline() {
    var hasty = plane.neighbours(new int[] {1}, 5, in(1), new Cancellation());
    var patient = plane.neighbours(new int[] {1}, 5, in(60_000), new Cancellation());
    var late =
        assertThrows(
            ExecutionException.class,
            () -> hasty.toCompletionStage().toCompletableFuture().get(10, SECONDS));
    assertInstanceOf(SourceFailed.class, late.getCause());
    assertFalse(patient.isComplete());
    answer(0);
    assertTrue(patient.succeeded());
  }

  @Test
  void theMetersOfASpaceMeanAllItsPlanes() {
    var registry = new SimpleMeterRegistry();
    counts.bindTo(registry, "tiny@1");
    var before = plane(new PlaneOptions(4, 3, 1));
    var after = plane(new PlaneOptions(4, 3, 1));
    before.neighbours(new int[] {1, 2}, 5, in(60_000), new Cancellation());
    after.neighbours(new int[] {2}, 5, in(60_000), new Cancellation());
    answer(0);
    answer(1);
    assertEquals(3, count(registry, "fetched"));
    assertEquals(3, registry.get("trawl.neighbours.kept").gauge().value());
    before.close();
    after.neighbours(new int[] {2, 3}, 5, in(60_000), new Cancellation());
    answer(2);
    assertEquals(4, count(registry, "fetched"));
    assertEquals(1, count(registry, "cached"));
    assertEquals(2, registry.get("trawl.neighbours.kept").gauge().value());
  }

  @Test
  void whatComesAfterTheCloseIsNotKept() {
    var registry = new SimpleMeterRegistry();
    counts.bindTo(registry, "tiny@1");
    var closing = plane(new PlaneOptions(4, 3, 1));
    var late = closing.neighbours(new int[] {1}, 5, in(60_000), new Cancellation());
    closing.close();
    answer(0);
    assertTrue(late.succeeded());
    assertEquals(0, registry.get("trawl.neighbours.kept").gauge().value());
  }

  @Test
  void countsWhatItSaves() {
    var registry = new SimpleMeterRegistry();
    counts.bindTo(registry, "tiny@1");
    ask(1, 2, 3);
    ask(3);
    answer(0);
    ask(1);
    ask(6, 7);
    answer(1);
    assertEquals(7, count(registry, "asked"));
    assertEquals(1, count(registry, "cached"));
    assertEquals(1, count(registry, "joined"));
    assertEquals(5, count(registry, "fetched"));
    assertEquals(2, count(registry, "calls"));
    assertEquals(1, count(registry, "evicted"));
    assertEquals(4, registry.get("trawl.neighbours.kept").gauge().value());
  }

  @Test
  void whoeverLeavesIsLetGoAndTheOthersGetTheirs() {
    var leaving = new Cancellation();
    var gone = plane.neighbours(new int[] {1, 2}, 5, in(60_000), leaving);
    var staying = ask(2, 3);
    leaving.cancel();
    assertInstanceOf(SourceFailed.class, gone.cause());
    assertFalse(staying.isComplete());
    answer(0);
    answer(1);
    assertArrayEquals(new int[][] {{20, 5}, {30, 5}}, staying.result());
  }

  private static double count(SimpleMeterRegistry registry, String name) {
    return registry.get("trawl.neighbours." + name).functionCounter().count();
  }

  /** Many threads, a small cache, a source that answers late, twice at once, or not at all. */
  @Test
  void givesWhatTheSourceGives() throws Exception {
    var seed = RandomGenerator.getDefault().nextLong();
    System.out.println("NeighbourPlaneTest.givesWhatTheSourceGives seed " + seed);
    var choices = new Random(seed);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      NeighbourSource late =
          (ordinals, count, _, _) -> {
            assertEquals(
                ordinals.length, new HashSet<>(Arrays.stream(ordinals).boxed().toList()).size());
            Promise<int[][]> promise = Promise.promise();
            boolean fails;
            synchronized (choices) {
              fails = choices.nextInt(20) == 0;
            }
            threads.execute(
                () -> {
                  if (fails) {
                    promise.fail(new SourceFailed("away"));
                  } else {
                    promise.complete(rows(ordinals, count));
                  }
                });
            return promise.future();
          };
      var shared = new NeighbourPlane(vertx, late, new PlaneOptions(30, 7, 2), ticker);
      var asking = new ArrayList<java.util.concurrent.Future<?>>();
      for (var thread = 0; thread < 6; thread++) {
        var random = new Random(seed + thread + 1);
        asking.add(threads.submit(() -> askAtRandom(shared, random)));
      }
      for (var done : asking) {
        done.get(60, SECONDS);
      }
    }
  }

  private Void askAtRandom(NeighbourPlane shared, Random random) throws Exception {
    for (var i = 0; i < 500; i++) {
      var ordinals = random.ints(1 + random.nextInt(12), 0, 60).toArray();
      var count = 1 + random.nextInt(2);
      var asked = shared.neighbours(ordinals, count, in(3_600_000), new Cancellation());
      try {
        assertArrayEquals(
            rows(ordinals, count),
            asked.toCompletionStage().toCompletableFuture().get(60, SECONDS));
      } catch (ExecutionException failed) {
        assertInstanceOf(SourceFailed.class, failed.getCause());
      }
    }
    return null;
  }

  private Future<int[][]> ask(int... ordinals) {
    return plane.neighbours(ordinals, 5, in(60_000), new Cancellation());
  }

  private void answer(int call) {
    calls.get(call).promise.complete(rows(calls.get(call).ordinals(), calls.get(call).count()));
  }

  private static int[][] rows(int[] ordinals, int count) {
    return Arrays.stream(ordinals).mapToObj(o -> new int[] {o * 10, count}).toArray(int[][]::new);
  }

  private Deadline in(long millis) {
    return Deadline.after(Duration.ofMillis(millis), ticker);
  }
}
