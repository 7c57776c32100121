package io.trawl.workers.testkit.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.wire.Alarm.Pending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandClockTest {

  private final HandClock clock = new HandClock();
  private final List<String> heard = new ArrayList<>();

  @Test
  void whatIsDueHappensAtItsMomentInTheOrderAskedFor() {
    long begin = clock.nanos();
    clock.after(20, () -> heard.add("c at " + (clock.nanos() - begin)));
    clock.after(10, () -> heard.add("a at " + (clock.nanos() - begin)));
    clock.after(10, () -> heard.add("b at " + (clock.nanos() - begin)));
    clock.after(31, () -> heard.add("too late"));
    clock.advance(Duration.ofNanos(30));
    assertEquals(List.of("a at 10", "b at 10", "c at 20"), heard);
    assertEquals(30, clock.nanos() - begin);
    assertEquals(1, clock.pending());
  }

  @Test
  void anAlarmOfNoTimeRingsWithTheNextMoveAndNotBefore() {
    clock.after(0, () -> clock.after(0, () -> heard.add("second")));
    assertEquals(List.of(), heard);
    clock.advance(Duration.ZERO);
    assertEquals(List.of("second"), heard);
  }

  @Test
  void whatIsCancelledNeverHappens() {
    Pending never = clock.after(5, () -> heard.add("never"));
    never.cancel();
    never.cancel();
    assertEquals(0, clock.pending());
    assertFalse(clock.step());
    assertEquals(List.of(), heard);
  }

  @Test
  void aStepGoesToTheNextAlarm() {
    long begin = clock.nanos();
    clock.after(7, () -> heard.add("there"));
    assertTrue(clock.step());
    assertEquals(7, clock.nanos() - begin);
    assertEquals(List.of("there"), heard);
    assertFalse(clock.step());
  }

  @Test
  void manyCancelledAlarmsAreForgotten() {
    for (int i = 0; i < 10_000; i++) {
      clock.after(i, () -> heard.add("never")).cancel();
    }
    clock.after(3, () -> heard.add("once"));
    assertEquals(1, clock.pending());
    clock.advance(Duration.ofSeconds(1));
    assertEquals(List.of("once"), heard);
  }
}
