package io.trawl.workers.fleet.choose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.testkit.service.HandClock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoadTest {

  private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

  private final HandClock time = new HandClock();
  private final Load load = new Load(time, 10, TimeUnit.SECONDS, 0);

  private void call(long nanos) {
    load.began();
    load.ended(nanos);
  }

  @Test
  void aLongerTimeCountsAtOnceAndFadesByAThirdInADecay() {
    call(10 * MS);
    call(400 * MS);
    assertEquals(400.0 * MS, load.latencyNanos(), 1);
    time.advance(Duration.ofSeconds(10));
    assertEquals(400 * MS / Math.E, load.latencyNanos(), 1);
    call(10 * MS);
    assertEquals(10 * MS + 390 * MS / Math.E, load.latencyNanos(), 1);
  }

  @Test
  void aNewcomerIsTakenForWhatOthersAre() {
    var guessed = new Load(time, 10, TimeUnit.SECONDS, 20 * MS);
    assertEquals(20.0 * MS, guessed.latencyNanos());
  }

  @Test
  void whoSaysNothingGrowsDearerWithEveryMoment() {
    call(10 * MS);
    double before = load.cost();
    load.began();
    time.advance(Duration.ofMillis(300));
    assertEquals(300 * MS, load.silenceNanos());
    assertEquals(300.0 * MS, load.latencyNanos());
    assertTrue(load.cost() > 50 * before);
  }

  @Test
  void silenceBeginsAnewWithEveryCallThatEnds() {
    load.began();
    load.began();
    time.advance(Duration.ofMillis(300));
    load.ended(300 * MS);
    assertEquals(0, load.silenceNanos());
    time.advance(Duration.ofMillis(5));
    assertEquals(5 * MS, load.silenceNanos());
    load.dropped();
    time.advance(Duration.ofMillis(50));
    assertEquals(0, load.silenceNanos(), "nobody waits for anything");
  }

  @Test
  void whoWasIdleIsNotSilentSinceThen() {
    call(10 * MS);
    time.advance(Duration.ofMinutes(1));
    load.began();
    assertEquals(0, load.silenceNanos());
  }

  @Test
  void aDroppedCallSaysNothingOfHowLongCallsTake() {
    call(10 * MS);
    load.began();
    load.dropped();
    assertEquals(10.0 * MS, load.latencyNanos());
    assertEquals(0, load.underWay());
  }

  @Test
  void moreEndsThanBeginningsAreLoud() {
    assertThrows(IllegalStateException.class, load::dropped);
    assertEquals(0, load.underWay());
  }
}
