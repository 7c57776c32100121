package io.trawl.api.call;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionTest {

  private static final long MILLI = 1_000_000;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private long nanos;
  private boolean waitsLong;

  private Admission admission(int start, int least, int most) {
    return new Admission(
        new ApiOptions.Work(start, least, most), () -> nanos, () -> waitsLong, registry);
  }

  @Test
  void aPlaceIsGivenBackOnceAndForWhatItCost() {
    var admission = admission(10, 10, 10);
    var cheap = admission.enter(0.2, "a").orElseThrow();
    var dear = admission.enter(8.5, "a").orElseThrow();
    assertEquals(10, held());
    assertTrue(admission.full("a"));
    assertTrue(admission.enter(1, "a").isEmpty());
    dear.close();
    dear.close();
    assertEquals(1, held());
    assertFalse(admission.full("a"));
    cheap.close();
    assertEquals(0, held());
  }

  @Test
  void whatCostsMoreThanAllIsTakenAlone() {
    var admission = admission(4, 4, 4);
    var small = admission.enter(1, "a").orElseThrow();
    assertTrue(admission.enter(100, "a").isEmpty());
    small.close();
    try (var alone = admission.enter(1e30, "a").orElseThrow()) {
      assertTrue(admission.enter(1, "a").isEmpty());
    }
    assertEquals(0, held());
  }

  /** A service asked three times what it can do: what is taken ends soon, and no core is idle. */
  @Test
  void theLimitSettlesWhereWorkDoesNotWaitAndNoneIsIdle() {
    var service = new Service(admission(16, 2, 1024));
    var random = new Random(1);
    for (int step = 0; step < 600_000; step++) {
      if (step == 300_000) {
        service.forget();
      }
      // 1,500 a second, where 500 can be done.
      if (random.nextInt(1000) < 150) {
        service.ask("a");
      }
      service.step(random);
    }
    assertTrue(service.idle < 30_000, service.idle + " of 600,000 turns had nothing to do");
    assertTrue(service.longest < 40 * MILLI, service.longest / MILLI + " ms");
  }

  /**
   * Eight sources send batches of 64, each the next one a few milliseconds after the last. Another
   * asks for less than its share of 500 a second, or for all of it.
   */
  @ParameterizedTest
  @CsvSource({
    "8, 8, 40, 0.98",
    "2, 1024, 40, 0.98",
    "4, 4, 18, 0.98",
    "8, 8, 55, 0.85",
    "2, 1024, 55, 0.85"
  })
  void whoAsksForNoMoreThanItsShareGetsItBesideManyGreedyOnes(
      int least, int most, int aSecond, double wanted) {
    var service = new Service(admission(Math.clamp(16, least, most), least, most));
    var random = new Random(1);
    int asked = 0;
    int served = 0;
    long[] next = new long[8];
    for (int step = 0; step < 200_000; step++) {
      for (int greedy = 0; greedy < next.length; greedy++) {
        if (nanos >= next[greedy]) {
          for (int i = 0; i < 64; i++) {
            service.ask("greedy " + greedy);
          }
          next[greedy] = nanos + MILLI + random.nextInt(4 * (int) MILLI);
        }
      }
      if (random.nextInt(10_000) < aSecond) {
        boolean taken = service.ask("good");
        // At first nobody has been given anything.
        asked += step > 20_000 ? 1 : 0;
        served += step > 20_000 && taken ? 1 : 0;
      }
      service.step(random);
    }
    assertTrue(served >= wanted * asked, served + " of " + asked);
    assertTrue(service.idle < 40_000, service.idle + " of 400,000 turns had nothing to do");
  }

  @Test
  void oneSourceLeavesAQuarterToOthersWhileTheyAsk() {
    var admission = admission(8, 8, 8);
    List<Admission.Place> greedy = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      admission.enter(1, "greedy").ifPresent(greedy::add);
    }
    assertEquals(8, greedy.size(), "nobody else asks");
    assertTrue(admission.enter(1, "other").isEmpty());
    greedy.removeFirst().close();
    assertTrue(admission.enter(1, "greedy").isEmpty(), "another has asked");
    assertTrue(admission.full("greedy"));
    var other = admission.enter(1, "other").orElseThrow();
    other.close();
    nanos += 2_000 * MILLI;
    assertTrue(admission.enter(1, "greedy").isPresent(), "long ago");
  }

  @Test
  void asManySourcesAsMayBeNamedAreToldApart() {
    var admission = admission(8, 8, 8);
    for (int i = 0; i < 8; i++) {
      admission.enter(1, "greedy").orElseThrow().close();
    }
    for (int i = 0; i < 6; i++) {
      assertTrue(admission.enter(1, "other").isPresent());
    }
    nanos += 20 * MILLI;
    assertTrue(admission.full("greedy"), "it has had its share");
    for (int i = 0; i < 5_000; i++) {
      admission.enter(1, "stranger " + i).orElseThrow().close();
    }
    assertFalse(admission.full("greedy"), "it is forgotten");
  }

  @Test
  void whoOnlyFindsThatThereIsRoomHasNotAsked() {
    var admission = admission(8, 8, 8);
    Queue<Admission.Place> held = new ArrayDeque<>();
    while (held.size() < 8) {
      look(admission, false);
      held.add(admission.enter(1, "only one").orElseThrow());
      nanos += 25 * MILLI;
    }
    look(admission, true);
    held.remove().close();
    assertTrue(admission.enter(1, "only one").isEmpty(), "those found no room: they have asked");
    for (int i = 0; i < 11; i++) {
      nanos += 100 * MILLI;
      look(admission, false);
    }
    assertTrue(admission.enter(1, "only one").isPresent(), "long ago, and there was room since");
  }

  private static void look(Admission admission, boolean full) {
    for (int i = 0; i < 60; i++) {
      assertEquals(full, admission.full("looks " + i));
    }
  }

  /** Who has not asked yet is looked at as one more that asks. */
  @Test
  void whoLooksIsHeldAgainstTheSameBoundAsWhoEnters() {
    var admission = admission(8, 8, 8);
    for (int i = 0; i < 6; i++) {
      assertTrue(admission.enter(1, "greedy").isPresent());
    }
    nanos += 2_000 * MILLI;
    assertTrue(admission.enter(1, "other").isPresent());
    assertTrue(admission.full("greedy"), "two ask, and it holds more than a share");
    assertFalse(admission.full("third"));
    assertTrue(admission.enter(1, "third").isPresent());
  }

  /**
   * One source sends batches of 64, each the next one a few milliseconds after the last; 60 ask 1.5
   * times a second each, for work or for what is refused as not valid; others were given something
   * once and ask for more than finds room twice a second since. A good one that asks 8 times a
   * second is served, of 500 and of 167 that can be.
   */
  @ParameterizedTest
  @CsvSource({
    "false, 4, 0",
    "false, 12, 0",
    "false, 12, 1000",
    "true, 4, 0",
    "true, 12, 0",
    "true, 12, 1000"
  })
  void manyWhoUseLittleTakeNothingFromWhoUsesLittleMore(boolean work, int millis, int faded) {
    var service = new Service(admission(16, 4, 1024), millis);
    var random = new Random(1);
    int asked = 0;
    int served = 0;
    long next = 0;
    for (int i = 0; i < faded; i++) {
      service.admission.enter(1, "faded " + i).orElseThrow().close();
    }
    for (int step = 0; step < 400_000; step++) {
      if (nanos >= next) {
        for (int i = 0; i < 64; i++) {
          service.ask("greedy");
        }
        next = nanos + MILLI + random.nextInt(4 * (int) MILLI);
      }
      if (random.nextInt(10_000) < 90) {
        String small = "small " + random.nextInt(60);
        if (work) {
          service.ask(small);
        } else {
          service.admission.full(small);
        }
      }
      if (faded > 0 && step % 5 == 0) {
        service.askTooMuch("faded " + step / 5 % faded);
      }
      if (step % 1250 == 0) {
        boolean taken = !service.admission.full("good") && service.ask("good");
        // At first nobody has been given anything.
        asked += step > 20_000 ? 1 : 0;
        served += step > 20_000 && taken ? 1 : 0;
      }
      service.step(random);
    }
    assertTrue(served >= 0.95 * asked, served + " of " + asked);
    assertTrue(service.idle < 8_000, service.idle + " of 800,000 turns had nothing to do");
  }

  /** Two cores, some milliseconds a request, a queue; a turn is a tenth of a millisecond. */
  private final class Service {

    private final Admission admission;
    private final Queue<Running> waiting = new ArrayDeque<>();
    private final Running[] cores = new Running[2];
    private final int millis;
    private long idle;
    private long longest;

    Service(Admission admission) {
      this(admission, 4);
    }

    Service(Admission admission, int millis) {
      this.admission = admission;
      this.millis = millis;
    }

    boolean ask(String source) {
      var place = admission.enter(1, source);
      place.ifPresent(it -> waiting.add(new Running(it, nanos, 0)));
      return place.isPresent();
    }

    void askTooMuch(String source) {
      admission.enter(1e9, source).ifPresent(Admission.Place::close);
    }

    void step(Random random) {
      nanos += MILLI / 10;
      for (int core = 0; core < cores.length; core++) {
        var runs = cores[core];
        if (runs != null && nanos >= runs.endNanos()) {
          runs.place().close();
          longest = Math.max(longest, nanos - runs.sinceNanos());
          cores[core] = null;
        }
        if (cores[core] == null && !waiting.isEmpty()) {
          var next = waiting.remove();
          waitsLong = nanos - next.sinceNanos() > 3L * millis * MILLI;
          cores[core] = next.until(nanos + (long) (millis * MILLI * (0.5 + random.nextDouble())));
        }
        idle += cores[core] == null ? 1 : 0;
      }
    }

    void forget() {
      idle = 0;
      longest = 0;
    }
  }

  private record Running(Admission.Place place, long sinceNanos, long endNanos) {
    Running until(long nanos) {
      return new Running(place, sinceNanos, nanos);
    }
  }

  private double held() {
    return registry.get("trawl.work.held").gauge().value();
  }
}
