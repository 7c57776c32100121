package io.trawl.workers.fleet.fake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.Tensor;
import io.trawl.workers.fleet.resolve.Located;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.fleet.resolve.Resolver;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.testkit.service.Ended;
import io.trawl.workers.testkit.service.ServiceOptions;
import io.trawl.workers.testkit.service.ServiceTime;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class FakeFleetTest {

  private static final Duration BUDGET = Duration.ofMillis(200);
  private static final InferCall CALL =
      InferCall.of("m", "1", Tensor.int64("x", new long[] {1, 1}, 7));

  /** What became of a run, in numbers and as a digest of every ending at its moment. */
  private record Run(long inferred, long failed, long begun, long digest) {}

  /** Half a minute of 64 workers at four fifths of what they can do. */
  @Test
  void aMillionCallsOverManyWorkersAllEndOnce() {
    FakeFleet fleet = fleet(64, 5);
    Run run = run(fleet, 1_000_000, 64 * 160, _ -> {});
    assertEquals(1_000_000, run.inferred + run.failed);
    assertEquals(1_000_000, run.begun);
    assertTrue(run.inferred > 900_000, run::toString);
    assertEquals(
        run.inferred,
        fleet.workers().stream().mapToLong(each -> each.stats("m").ended(Ended.RAN)).sum());
    assertEquals(0, fleet.clock().pending());
  }

  @Test
  void theSameSeedIsTheSameRunToTheNanosecond() {
    assertEquals(eventful(5), eventful(5));
    assertNotEquals(eventful(5), eventful(6));
  }

  /** Workers come, go, hang and are slow in the middle of it. */
  private static Run eventful(long seed) {
    FakeFleet fleet = fleet(8, seed);
    return run(
        fleet,
        20_000,
        1_000,
        number -> {
          switch (number) {
            case 2_000 -> fleet.worker(1).slow(20);
            case 4_000 -> fleet.worker(2).hang();
            case 6_000 -> fleet.worker(2).resume();
            case 8_000 -> fleet.add("");
            case 10_000 -> fleet.remove(fleet.worker(3));
            case 12_000 -> fleet.restart(fleet.worker(0));
            case 14_000 -> fleet.worker(4).breakConnections();
            default -> {}
          }
        });
  }

  private static Run run(FakeFleet fleet, int calls, double perSecond, IntConsumer before) {
    var random = new SplittableRandom(9);
    Map<Endpoint, OipClient> clients = new HashMap<>();
    long[] counts = new long[4];
    new FakeTraffic(fleet.clock(), perSecond, 100, 1, 9)
        .begin(
            calls,
            user -> {
              before.accept((int) counts[2]++);
              List<FakeWorker> workers = fleet.workers();
              Endpoint chosen = workers.get(random.nextInt(workers.size())).endpoint();
              clients
                  .computeIfAbsent(chosen, fleet::connect)
                  .infer(CALL, BUDGET)
                  .outcome()
                  .onSuccess(
                      outcome -> {
                        counts[outcome instanceof Inferred ? 0 : 1]++;
                        counts[3] = counts[3] * 31 + fleet.clock().nanos() + user;
                      });
            });
    while (fleet.clock().step()) {
      // To the end.
    }
    return new Run(counts[0], counts[1], counts[2], counts[3]);
  }

  @Test
  void aSlowWorkerIsSlowAlone() {
    FakeFleet fleet = fleet(2, 1);
    fleet.worker(0).slow(1_000);
    Future<InferOutcome> slow = infer(fleet, fleet.worker(0));
    Future<InferOutcome> quick = infer(fleet, fleet.worker(1));
    fleet.clock().advance(BUDGET);
    assertInstanceOf(Failure.DeadlineExceeded.class, slow.result());
    assertInstanceOf(Inferred.class, quick.result());
  }

  @Test
  void whoIsRemovedFinishesWhatItHasAndIsGone() {
    FakeFleet fleet = fleet(2, 1);
    FakeWorker leaving = fleet.worker(0);
    Future<InferOutcome> running = infer(fleet, leaving);
    Future<Void> gone = fleet.remove(leaving);
    assertEquals(1, fleet.workers().size());
    assertInstanceOf(Failure.Stopping.class, infer(fleet, leaving).result());
    assertFalse(gone.isComplete());
    fleet.clock().advance(BUDGET);
    assertInstanceOf(Inferred.class, running.result());
    assertTrue(gone.isComplete());
    assertInstanceOf(Failure.Unreachable.class, infer(fleet, leaving).result());
  }

  @Test
  void aClientOfAnAddressOutlivesTheProcessThere() {
    FakeFleet fleet = fleet(1, 1);
    FakeWorker first = fleet.worker(0);
    OipClient client = fleet.connect(first.endpoint());
    first.drain(Rejection.STOPPING);
    assertInstanceOf(Failure.Unreachable.class, client.infer(CALL, BUDGET).outcome().result());
    FakeWorker second = fleet.restart(first);
    assertNotEquals(first.seed(), second.seed());
    Future<InferOutcome> outcome = client.infer(CALL, BUDGET).outcome();
    fleet.clock().advance(BUDGET);
    assertInstanceOf(Inferred.class, outcome.result());
    assertEquals(1, second.calls());
  }

  @Test
  void nobodyIsAtAnAddressThatNobodyHas() {
    FakeFleet fleet = fleet(1, 1);
    assertInstanceOf(
        Failure.Unreachable.class,
        fleet.connect(new Endpoint("nobody", 1)).infer(CALL, BUDGET).outcome().result());
  }

  @Test
  void theResolverTellsWhoComesAndWhoGoes() {
    FakeFleet fleet = fleet(2, 1);
    List<Located> told = new ArrayList<>();
    Resolver resolver = fleet.resolver();
    resolver.start(told::add);
    FakeWorker added = fleet.add("zone");
    fleet.remove(fleet.worker(0));
    assertEquals(List.of(2, 3, 2), told.stream().map(each -> each.places().size()).toList());
    assertEquals(new Place(added.endpoint(), "zone", false), told.getLast().places().getLast());
    resolver.close();
    fleet.add("");
    assertEquals(3, told.size());
  }

  @Test
  void usersOfZipfComeAsOftenAsTheirRankSays() {
    FakeFleet fleet = fleet(1, 1);
    int[] came = new int[3];
    new FakeTraffic(fleet.clock(), 1_000, 3, 1, 4).begin(11_000, user -> came[(int) user]++);
    long begin = fleet.clock().nanos();
    while (fleet.clock().step()) {
      // To the end.
    }
    assertEquals(11, Duration.ofNanos(fleet.clock().nanos() - begin).toMillis() / 1e3, 0.5);
    assertEquals(6_000, came[0], 200);
    assertEquals(3_000, came[1], 200);
    assertEquals(2_000, came[2], 200);
  }

  private static FakeFleet fleet(int workers, long seed) {
    return FakeFleet.of(
        workers,
        seed,
        worker ->
            worker.serve(
                "m",
                ServiceOptions.instances(1).withQueue(16),
                ServiceTime.exponential(Duration.ofMillis(5), worker.seed())));
  }

  private static Future<InferOutcome> infer(FakeFleet fleet, FakeWorker worker) {
    return fleet.connect(worker.endpoint()).infer(CALL, BUDGET).outcome();
  }
}
