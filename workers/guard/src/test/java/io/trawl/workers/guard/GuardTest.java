package io.trawl.workers.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * A permit that is not given back takes a server away from everybody for good; one given back twice
 * lets a dying server drown. Neither may happen, whatever ends a call and how often.
 */
class GuardTest {

  private static final int CONCURRENCY = 4;
  private static final int PROBES = 2;
  private static final Duration OPEN_IS_OVER = Duration.ofMillis(1001);

  private final AtomicLong nanos = new AtomicLong(17);
  private final Guard guard =
      Guard.of(
          "milvus",
          new GuardOptions(
              CONCURRENCY, 4, 4, 0.5, Duration.ofMillis(100), 1.0, Duration.ofSeconds(1), PROBES),
          nanos::get);

  @Test
  void givesTicketsUpToItsConcurrencyAndThenRefuses() {
    var tickets = take(CONCURRENCY);
    assertEquals(new Refusal.Full(CONCURRENCY), guard.tryAcquire());
    assertTrue(tickets.getFirst().succeeded());
    take(1);
    assertEquals(new Refusal.Full(CONCURRENCY), guard.tryAcquire());
  }

  @Test
  void opensAfterFailuresAndSaysForHowLong() {
    fail(4);
    assertOpen(Duration.ofSeconds(1));
    pass(Duration.ofMillis(700));
    assertOpen(Duration.ofMillis(300));
    assertEquals(0, guard.underWay());
  }

  @Test
  void saysOnceThatItOpensAndIsAskedFromThereAsFromAnywhere() {
    var heard = new ArrayList<Admission>();
    var guards = new Guard[1];
    guards[0] =
        Guard.of(
            "worker",
            new GuardOptions(
                CONCURRENCY, 4, 4, 0.5, Duration.ofMillis(100), 1.0, Duration.ofSeconds(1), PROBES),
            nanos::get,
            () -> heard.add(guards[0].tryAcquire()));
    for (var i = 0; i < 6; i++) {
      if (guards[0].tryAcquire() instanceof Ticket ticket) {
        ticket.failed();
      }
    }
    assertEquals(List.of(new Refusal.Open(Duration.ofSeconds(1))), heard);
  }

  @Test
  void whatIsResetKnowsNothingOfBefore() {
    var before = take(1);
    fail(4);
    guard.reset();
    before.getFirst().failed();
    fail(3);
    assertInstanceOf(Ticket.class, guard.tryAcquire());
  }

  @Test
  void opensForCallsThatSucceedTooLate() {
    for (var i = 0; i < 4; i++) {
      var ticket = take();
      pass(Duration.ofMillis(101));
      ticket.succeeded();
    }
    assertOpen(Duration.ofSeconds(1));
  }

  @Test
  void droppedCallsSayNothing() {
    for (var i = 0; i < 50; i++) {
      take().dropped();
    }
    fail(3);
    take().succeeded();
    assertOpen(Duration.ofSeconds(1));
  }

  @Test
  void letsProbesThroughAndClosesWhenTheySucceed() {
    fail(4);
    pass(OPEN_IS_OVER);
    var probes = take(PROBES);
    assertOpen(Duration.ofMillis(100));
    probes.forEach(Ticket::succeeded);
    assertEquals(CONCURRENCY, take(CONCURRENCY).size());
  }

  @Test
  void opensAgainWhenProbesFail() {
    fail(4);
    pass(OPEN_IS_OVER);
    take(PROBES).forEach(Ticket::failed);
    assertOpen(Duration.ofSeconds(1));
  }

  @Test
  void aDroppedProbeMakesRoomForAnother() {
    fail(4);
    pass(OPEN_IS_OVER);
    for (var i = 0; i < 20; i++) {
      take().dropped();
    }
    take(PROBES).forEach(Ticket::succeeded);
    assertEquals(CONCURRENCY, take(CONCURRENCY).size());
  }

  @Test
  void aCallFromBeforeItOpenedIsNoProbe() {
    var old = take(2);
    fail(4);
    pass(OPEN_IS_OVER);
    var probe = take();
    old.get(0).dropped();
    old.get(1).succeeded();
    var second = take();
    assertOpen(Duration.ofMillis(100));
    probe.succeeded();
    second.succeeded();
    take().succeeded();
    assertEquals(0, guard.underWay());
  }

  @Test
  void theFirstEndingCounts() {
    var ticket = take();
    assertTrue(ticket.succeeded());
    for (var i = 0; i < 10; i++) {
      assertFalse(ticket.failed());
      assertFalse(ticket.dropped());
    }
    assertEquals(0, guard.underWay());
    take(CONCURRENCY);
    assertInstanceOf(Refusal.Full.class, guard.tryAcquire());
  }

  @Test
  void guardedCallsEndTheirTickets() {
    Promise<String> answer = Promise.promise();
    var call = guard.guarded(answer::future, _ -> Ending.FAILED);
    assertEquals(1, guard.underWay());
    answer.complete("here");
    assertEquals("here", call.result());
    var wrong = new IllegalArgumentException("asked wrongly");
    for (var i = 0; i < 20; i++) {
      assertSame(
          wrong, guard.guarded(() -> Future.failedFuture(wrong), _ -> Ending.DROPPED).cause());
    }
    for (var i = 0; i < 4; i++) {
      guard.guarded(
          () -> {
            throw new IllegalStateException("broken");
          },
          _ -> Ending.FAILED);
    }
    var refused =
        assertInstanceOf(
            RefusedException.class, guard.guarded(answer::future, _ -> Ending.FAILED).cause());
    assertEquals(new Refusal.Open(Duration.ofSeconds(1)), refused.refusal());
    assertEquals(
        "milvus: calls failed lately; worth trying again in 1000 ms", refused.getMessage());
    assertEquals(0, guard.underWay());
  }

  @Test
  void countsWhatItRefusesAndDrops() {
    var registry = new SimpleMeterRegistry();
    guard.bindTo(registry);
    take(CONCURRENCY).forEach(Ticket::dropped);
    var all = take(CONCURRENCY);
    guard.tryAcquire();
    all.forEach(Ticket::failed);
    guard.tryAcquire();
    guard.tryAcquire();
    assertEquals(
        1, registry.get("trawl.guard.refused").tag("reason", "full").functionCounter().count());
    assertEquals(
        2, registry.get("trawl.guard.refused").tag("reason", "open").functionCounter().count());
    assertEquals(4, registry.get("trawl.guard.dropped").functionCounter().count());
    assertEquals(
        1,
        registry
            .get("resilience4j.circuitbreaker.state")
            .tag("name", "milvus")
            .tag("state", "open")
            .gauge()
            .value());
  }

  @Test
  void refusesOptionsThatCannotWork() {
    var wrong =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new GuardOptions(1, 4, 5, 0.5, Duration.ofSeconds(1), 1, Duration.ofSeconds(1), 1));
    assertEquals("minimumCalls is 5; expected 1 to 4", wrong.getMessage());
  }

  /** Random endings, doubled and interleaved on several threads, while time passes. */
  @Test
  void noPermitLeaksWhateverHappens() throws Exception {
    var seed = new Random().nextLong();
    System.out.println("GuardTest.noPermitLeaksWhateverHappens seed " + seed);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Void>> callers = new ArrayList<>();
      for (var caller = 0; caller < 8; caller++) {
        var random = new Random(seed + caller);
        callers.add(
            () -> {
              callAtRandom(random);
              return null;
            });
      }
      for (var done : threads.invokeAll(callers)) {
        done.get();
      }
    }
    assertEquals(0, guard.underWay());
    recover();
    assertEquals(CONCURRENCY, take(CONCURRENCY).size());
    assertInstanceOf(Refusal.Full.class, guard.tryAcquire());
  }

  private void callAtRandom(Random random) {
    var held = new ArrayList<Ticket>();
    for (var i = 0; i < 20_000; i++) {
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          if (guard.tryAcquire() instanceof Ticket ticket) {
            held.add(ticket);
          }
        }
        case 2 -> {
          if (!held.isEmpty()) {
            var ticket = held.remove(random.nextInt(held.size()));
            for (var times = 1 + random.nextInt(2); times > 0; times--) {
              ticket.end(Ending.values()[random.nextInt(3)]);
            }
          }
        }
        default -> pass(Duration.ofMillis(random.nextInt(40)));
      }
    }
    held.forEach(Ticket::dropped);
  }

  /** Whatever state it is in, so many good calls close it. */
  private void recover() {
    for (var i = 0; i < 20; i++) {
      pass(OPEN_IS_OVER);
      if (guard.tryAcquire() instanceof Ticket ticket) {
        ticket.succeeded();
      }
    }
  }

  private Ticket take() {
    return assertInstanceOf(Ticket.class, guard.tryAcquire());
  }

  private List<Ticket> take(int count) {
    var tickets = new ArrayList<Ticket>();
    for (var i = 0; i < count; i++) {
      tickets.add(take());
    }
    return tickets;
  }

  private void fail(int count) {
    for (var i = 0; i < count; i++) {
      if (guard.tryAcquire() instanceof Ticket ticket) {
        ticket.failed();
      }
    }
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void assertOpen(Duration retryAfter) {
    assertEquals(new Refusal.Open(retryAfter), guard.tryAcquire());
  }
}
