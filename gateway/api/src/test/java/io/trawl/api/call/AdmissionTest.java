package io.trawl.api.call;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

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

  /**
   * A service of two cores and 4 ms each, asked three times what it can do: whatever is taken ends
   * within a few service times, and both cores have work all along.
   */
  @Test
  void theLimitSettlesWhereWorkDoesNotWaitAndNoneIsIdle() {
    var admission = admission(16, 2, 1024);
    var random = new Random(1);
    var waiting = new ArrayDeque<Admission.Place>();
    long[] cores = new long[2];
    Admission.Place[] busy = new Admission.Place[2];
    long idle = 0;
    long longest = 0;
    var since = new ArrayDeque<Long>();
    long[] began = new long[2];
    for (int step = 0; step < 600_000; step++) {
      nanos += MILLI / 10;
      // 1,500 a second, where 500 can be done.
      if (random.nextInt(1000) < 150) {
        admission
            .enter(1, "a")
            .ifPresent(
                place -> {
                  waiting.add(place);
                  since.add(nanos);
                });
      }
      for (int core = 0; core < 2; core++) {
        if (busy[core] != null && nanos >= cores[core]) {
          busy[core].close();
          if (step > 300_000) {
            longest = Math.max(longest, nanos - began[core]);
          }
          busy[core] = null;
        }
        if (busy[core] == null && !waiting.isEmpty()) {
          busy[core] = waiting.poll();
          began[core] = since.remove();
          waitsLong = nanos - began[core] > 3 * 4 * MILLI;
          cores[core] = nanos + (long) (4 * MILLI * (0.5 + random.nextDouble()));
        }
        idle += busy[core] == null && step > 300_000 ? 1 : 0;
      }
    }
    assertTrue(idle < 30_000, idle + " of 600,000 turns had nothing to do");
    assertTrue(longest < 40 * MILLI, longest / MILLI + " ms");
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

  private double held() {
    return registry.get("trawl.work.held").gauge().value();
  }
}
