package io.trawl.workers.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferHandle;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.Tensor;
import io.trawl.workers.fleet.fake.FakeFleet;
import io.trawl.workers.fleet.fake.FakeTraffic;
import io.trawl.workers.fleet.fake.FakeWorker;
import io.trawl.workers.fleet.replica.Proof;
import io.trawl.workers.fleet.replica.Replica;
import io.trawl.workers.fleet.replica.Standing;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.testkit.service.HandClock;
import io.trawl.workers.testkit.service.ServiceOptions;
import io.trawl.workers.testkit.service.ServiceTime;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Eight workers of four calls of 20 ms at a time, 1,600 a second together, in time that moves by
 * hand: what callers see of them when some of them are bad.
 */
class FleetTest {

  private static final Duration TIME = Duration.ofMillis(20);
  private static final Duration BUDGET = Duration.ofMillis(500);
  private static final int HALF = 800;
  private static final int CAPACITY = 1_600;
  private static final InferCall CALL =
      InferCall.of("m", "1", Tensor.int64("x", new long[] {1, 1}, 7));

  private final FakeFleet fake =
      FakeFleet.of(
          8,
          7,
          worker ->
              worker.serve(
                  "m", ServiceOptions.instances(4).withQueue(16), ServiceTime.fixed(TIME)));
  private final HandClock clock = fake.clock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Fleet fleet =
      new Fleet(
          FleetOptions.defaults(),
          fake.resolver(),
          fake::connect,
          clock,
          clock,
          () -> task -> clock.after(0, task),
          7,
          registry);
  private final ModelFleet model = start();

  private ModelFleet start() {
    fleet.start();
    var started = fleet.model("m", "1", FleetTest::proof);
    clock.advance(Duration.ofSeconds(10));
    return started;
  }

  /** That a call is answered by the version that was asked. */
  private static Future<Proof.Shown> proof(OipClient worker, Duration budget) {
    return worker
        .infer(CALL, budget)
        .outcome()
        .map(
            outcome ->
                switch (outcome) {
                  case Inferred _ -> new Proof.Shown.Agrees();
                  case Failure.Malformed(var why) -> new Proof.Shown.Differs(why);
                  case Failure failure -> new Proof.Shown.NoAnswer(failure);
                });
  }

  /** What callers saw. */
  private static final class Seen {
    final Map<Class<?>, Integer> outcomes = new HashMap<>();
    final List<Long> millis = new ArrayList<>();
    int made;

    void add(InferOutcome outcome, long nanos) {
      outcomes.merge(outcome.getClass(), 1, Integer::sum);
      if (outcome instanceof Inferred) {
        millis.add(TimeUnit.NANOSECONDS.toMillis(nanos));
      }
    }

    int answered() {
      return outcomes.getOrDefault(Inferred.class, 0);
    }

    long millis(double quantile) {
      var sorted = millis.stream().sorted().toList();
      return sorted.get((int) Math.min(sorted.size() - 1, quantile * sorted.size()));
    }

    @Override
    public String toString() {
      return made + " made: " + outcomes + ", p50 " + millis(0.5) + " p99 " + millis(0.99);
    }
  }

  /** Calls by chance for so long, and until all of them have ended. */
  private Seen traffic(int perSecond, int seconds) {
    Seen seen = begin(perSecond, seconds);
    clock.advance(Duration.ofSeconds(seconds).plus(BUDGET).plusSeconds(1));
    assertEquals(seen.made, seen.outcomes.values().stream().mapToInt(Integer::intValue).sum());
    return seen;
  }

  private Seen begin(int perSecond, int seconds) {
    var seen = new Seen();
    new FakeTraffic(clock, perSecond, 1_000, 1.1, 3)
        .begin(
            (long) perSecond * seconds,
            user -> {
              seen.made++;
              long begin = clock.nanos();
              model
                  .infer(CALL, BUDGET, user)
                  .outcome()
                  .onSuccess(outcome -> seen.add(outcome, clock.nanos() - begin));
            });
    return seen;
  }

  private long calls() {
    return fake.workers().stream().mapToLong(FakeWorker::calls).sum();
  }

  private Standing standing(FakeWorker worker) {
    return state(worker).standing();
  }

  private Replica.State state(FakeWorker worker) {
    return model.states().stream()
        .filter(state -> state.endpoint().equals(worker.endpoint()))
        .findFirst()
        .orElseThrow();
  }

  private double counted(String name) {
    return registry.get(name).counter().count();
  }

  @AfterEach
  void nothingIsLeft() {
    clock.advance(Duration.ofMinutes(1));
    assertEquals(0, model.waiting());
    for (Replica.State state : model.states()) {
      assertEquals(0, state.underWay(), state.toString());
    }
  }

  @Test
  void goodOnesShareTheCallsAndNobodyWaits() {
    Seen seen = traffic(HALF, 20);
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertTrue(seen.millis(0.99) < 2 * seen.millis(0.5), seen.toString());
    for (FakeWorker worker : fake.workers()) {
      assertEquals(seen.made / 8.0, worker.calls(), seen.made / 40.0);
    }
  }

  @Test
  void oneThatIsTwentyTimesSlowerIsLeftAlone() {
    FakeWorker slow = fake.worker(3);
    slow.slow(20);
    Seen seen = traffic(HALF, 30);
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertTrue(seen.millis(0.99) < 2 * seen.millis(0.5), seen.toString());
    assertTrue(slow.calls() < 0.01 * seen.made, slow.calls() + " of " + seen.made);
  }

  @Test
  void oneThatFailsAtOnceCostsNobodyAnything() {
    FakeWorker broken = fake.worker(3);
    broken.fail(new Failure.Failed(GrpcStatus.INTERNAL, "out of order"));
    Seen seen = traffic(HALF, 30);
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertTrue(seen.millis(0.99) < 2 * seen.millis(0.5), seen.toString());
    assertTrue(broken.calls() < 0.01 * seen.made, broken.calls() + " of " + seen.made);
    assertTrue(counted("trawl.fleet.retried") > 0);
  }

  @Test
  void ofOneThatIsStoppedNobodyWaitsOutTheDeadline() {
    FakeWorker stopped = fake.worker(3);
    Seen seen = begin(HALF, 30);
    clock.advance(Duration.ofSeconds(5));
    long before = stopped.calls();
    stopped.hang();
    clock.advance(Duration.ofSeconds(1));
    assertEquals(Standing.EJECTED, standing(stopped));
    clock.advance(Duration.ofSeconds(19));
    assertTrue(stopped.calls() - before < 0.01 * seen.made);
    stopped.resume();
    clock.advance(Duration.ofSeconds(20));
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertTrue(seen.millis(0.99) < 2 * seen.millis(0.5), seen.toString());
    assertTrue(seen.millis(1) < 200, seen.toString());
    assertEquals(Standing.READY, standing(stopped), "it proved itself");
  }

  @Test
  void oneThatDrainsIsOutWithItsFirstWordAndComesBackByProof() {
    Seen seen = begin(HALF, 30);
    clock.advance(Duration.ofSeconds(5));
    FakeWorker draining = fake.worker(3);
    draining.drain(Rejection.STOPPING);
    clock.advance(Duration.ofMillis(100));
    assertEquals(Standing.DRAINING, standing(draining));
    clock.advance(Duration.ofSeconds(5));
    assertEquals(Standing.UNPROVEN, standing(draining), "it is gone");
    fake.restart(draining);
    clock.advance(Duration.ofSeconds(30));
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertEquals(Standing.READY, standing(draining));
  }

  @Test
  void allAreRestartedOneAfterTheOtherAndNoCallFails() {
    Seen seen = begin(HALF, 60);
    for (int number = 0; number < 8; number++) {
      clock.advance(Duration.ofSeconds(2));
      FakeWorker worker = fake.worker(number);
      worker.drain(Rejection.STOPPING);
      clock.advance(Duration.ofSeconds(2));
      fake.restart(worker);
    }
    clock.advance(Duration.ofSeconds(60));
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertTrue(model.states().stream().allMatch(state -> state.standing() == Standing.READY));
  }

  @Test
  void whereProcessesDieTheirCallsGoElsewhere() {
    Seen seen = begin(HALF, 30);
    clock.advance(Duration.ofSeconds(5));
    fake.worker(1).kill();
    fake.worker(2).breakConnections();
    clock.advance(Duration.ofSeconds(40));
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertEquals(Standing.UNPROVEN, standing(fake.worker(1)));
    assertEquals(Standing.READY, standing(fake.worker(2)));
  }

  @Test
  void whoSaysThatItIsReadyAndIsNotGetsNoCall() {
    FakeWorker liar = fake.add("");
    liar.say(FakeWorker.Says.READY);
    liar.answerAsVersion("2");
    traffic(HALF, 5);
    assertEquals(Standing.UNPROVEN, standing(liar));
    long proofs = liar.calls();
    assertTrue(proofs <= 10, proofs + " calls");
    liar.behave();
    Seen seen = traffic(HALF, 20);
    assertEquals(Standing.READY, standing(liar));
    assertEquals(seen.made, seen.answered());
  }

  @Test
  void whoSaysThatItIsNotReadyIsBelieved() {
    FakeWorker modest = fake.worker(3);
    modest.say(FakeWorker.Says.NOT_READY);
    clock.advance(Duration.ofSeconds(3));
    assertEquals(Standing.DRAINING, standing(modest));
    long before = modest.calls();
    traffic(HALF, 5);
    assertEquals(before, modest.calls());
  }

  @Test
  void anAnswerOfAnotherVersionIsNeverTaken() {
    fake.worker(3).answerAsVersion("2");
    Seen seen = traffic(HALF, 30);
    assertEquals(seen.made, seen.answered(), seen.toString());
    assertTrue(fake.worker(3).calls() < 0.01 * seen.made);
  }

  @Test
  void notAllAreEjectedWhateverTheyDo() {
    fake.workers()
        .forEach(worker -> worker.fail(new Failure.Failed(GrpcStatus.INTERNAL, "out of order")));
    Seen seen = traffic(HALF, 4);
    assertEquals(0, seen.answered());
    long ready =
        model.states().stream().filter(state -> state.standing() == Standing.READY).count();
    assertTrue(ready >= 4, model.states().toString());
    fake.workers().forEach(FakeWorker::behave);
    Seen after = traffic(HALF / 4, 20);
    assertEquals(after.made, after.answered(), after.toString());
    assertTrue(model.states().stream().allMatch(state -> state.standing() == Standing.READY));
  }

  @Test
  void retriesNeverMultiplyWhatIsTooMuchAlready() {
    fake.workers()
        .forEach(worker -> worker.fail(new Failure.Failed(GrpcStatus.INTERNAL, "out of order")));
    long before = calls();
    Seen seen = traffic(HALF, 10);
    double more = calls() - before - seen.made;
    assertTrue(more < 0.1 * seen.made + 10 * 12 + 200, more + " more than " + seen.made);
    assertTrue(counted("trawl.fleet.retry.refused") > 0);
  }

  @Test
  void aNewcomerHasItsShareWithinTenSeconds() {
    Seen seen = begin(HALF, 60);
    clock.advance(Duration.ofSeconds(10));
    FakeWorker newcomer = fake.add("");
    clock.advance(Duration.ofSeconds(1));
    assertTrue(newcomer.calls() < 0.7 * HALF / 9, newcomer.calls() + " in its first second");
    clock.advance(Duration.ofSeconds(9));
    long before = newcomer.calls();
    clock.advance(Duration.ofSeconds(10));
    double share = (newcomer.calls() - before) / (HALF * 10 / 9.0);
    assertEquals(1, share, 0.25);
    clock.advance(Duration.ofMinutes(1));
    assertEquals(seen.made, seen.answered());
  }

  @Test
  void oneThatIsToGoFinishesWhatItHas() {
    Seen seen = begin(HALF, 20);
    clock.advance(Duration.ofSeconds(5));
    FakeWorker going = fake.worker(3);
    fake.remove(going);
    clock.advance(Duration.ofSeconds(1));
    assertTrue(
        model.states().stream().noneMatch(state -> state.endpoint().equals(going.endpoint())));
    clock.advance(Duration.ofSeconds(30));
    assertEquals(seen.made, seen.answered(), seen.toString());
  }

  @Test
  void threeTimesTheCapacityIsAnsweredAsOftenAsItCanBe() {
    Seen seen = traffic(3 * CAPACITY, 30);
    double goodput = seen.answered() / 30.0 / CAPACITY;
    assertTrue(goodput > 0.97, goodput + " of capacity; " + seen);
    Seen after = traffic(HALF, 10);
    assertEquals(after.made, after.answered(), after.toString());
    assertTrue(after.millis(0.99) < 3 * after.millis(0.5), after.toString());
  }

  @Test
  void ofThoseWhoWaitTheNearestDeadlineIsFirst() {
    fake.workers().stream().skip(1).forEach(FakeWorker::kill);
    clock.advance(Duration.ofSeconds(5));
    List<String> ended = new ArrayList<>();
    for (int call = 0; call < 16; call++) {
      model.infer(CALL, BUDGET, 0);
    }
    for (int call = 0; call < 4; call++) {
      String name = "late " + call;
      model.infer(CALL, BUDGET, 0).outcome().onSuccess(_ -> ended.add(name));
    }
    model.infer(CALL, Duration.ofMillis(300), 0).outcome().onSuccess(_ -> ended.add("early"));
    assertEquals(5, model.waiting());
    clock.advance(Duration.ofSeconds(1));
    assertEquals("early", ended.getFirst(), ended.toString());
  }

  @Test
  void aCallerWhoLeavesTakesTheCallAlong() {
    InferHandle running = model.infer(CALL, BUDGET, 0);
    running.cancel();
    assertInstanceOf(Failure.Cancelled.class, running.outcome().result());
    fake.workers().stream().skip(1).forEach(FakeWorker::kill);
    clock.advance(Duration.ofSeconds(5));
    for (int call = 0; call < 16; call++) {
      model.infer(CALL, BUDGET, 0);
    }
    InferHandle waiting = model.infer(CALL, BUDGET, 0);
    assertEquals(1, model.waiting());
    waiting.cancel();
    waiting.cancel();
    assertEquals(0, model.waiting());
    clock.advance(Duration.ZERO);
    assertInstanceOf(Failure.Cancelled.class, waiting.outcome().result());
  }

  @Test
  void workersThatComeAndGoLeaveNoMetersBehind() {
    int before = registry.getMeters().size();
    assertEquals(8, standing("ready"));
    for (int turn = 0; turn < 20; turn++) {
      fake.add("");
      fake.remove(fake.worker(0));
      clock.advance(Duration.ofSeconds(2));
    }
    assertEquals(before, registry.getMeters().size());
    assertEquals(8, standing("ready"));
    assertEquals(0, standing("leaving"));
    // One space takes over from another with the same version of the model.
    var next = fleet.model("m", "1", FleetTest::proof);
    clock.advance(Duration.ofSeconds(2));
    model.close();
    assertEquals(8, standing("ready"));
    next.close();
    assertTrue(registry.find("trawl.fleet.workers").gauges().isEmpty());
  }

  private double standing(String name) {
    return registry.get("trawl.fleet.workers").tag("standing", name).gauge().value();
  }

  @Test
  void withoutAWorkerACallEndsAtOnce() {
    fake.workers().forEach(FakeWorker::kill);
    clock.advance(Duration.ofSeconds(5));
    var outcome = model.infer(CALL, BUDGET, 0).outcome().result();
    assertEquals(new Failure.Unreachable("no worker is ready"), outcome);
  }

  @Test
  void whereAllAreStoppedNobodyIsToldThatTheCallerLeft() {
    Seen seen = begin(HALF, 10);
    clock.advance(Duration.ofSeconds(2));
    fake.workers().forEach(FakeWorker::hang);
    clock.advance(Duration.ofSeconds(12));
    assertEquals(seen.made, seen.outcomes.values().stream().mapToInt(Integer::intValue).sum());
    assertTrue(!seen.outcomes.containsKey(Failure.Cancelled.class), seen.toString());
    fake.workers().forEach(FakeWorker::resume);
    clock.advance(Duration.ofSeconds(30));
    Seen after = traffic(HALF, 5);
    assertEquals(after.made, after.answered(), after.toString());
  }

  @Test
  void whateverWorkersDoEachCallEndsOnce() {
    var random = new SplittableRandom(11);
    Seen seen = begin(HALF, 120);
    for (int change = 0; change < 200; change++) {
      clock.advance(Duration.ofMillis(600));
      List<FakeWorker> all = fake.workers();
      FakeWorker one = all.get(random.nextInt(all.size()));
      switch (random.nextInt(12)) {
        case 0 -> one.slow(1 + random.nextInt(30));
        case 1 -> one.hang();
        case 2 -> one.resume();
        case 3 -> one.fail(new Failure.Failed(GrpcStatus.UNKNOWN, "out of order"));
        case 4 -> one.breakConnections();
        case 5 -> one.resetEvery(3);
        case 6 -> one.answerLate();
        case 7 -> one.drain(Rejection.STOPPING);
        case 8 -> fake.restart(one);
        case 9 -> one.answerTooMuch();
        case 10 -> {
          if (all.size() > 4) {
            fake.remove(one);
          }
        }
        default -> {
          if (all.size() < 12) {
            fake.add("");
          }
          one.behave();
        }
      }
    }
    fake.workers()
        .forEach(
            worker -> {
              worker.resume();
              worker.behave();
            });
    clock.advance(Duration.ofMinutes(2));
    assertEquals(seen.made, seen.outcomes.values().stream().mapToInt(Integer::intValue).sum());
  }
}
