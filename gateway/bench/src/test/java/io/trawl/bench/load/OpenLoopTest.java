package io.trawl.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What a schedule must not do is wait for the server that it measures: requests keep their intended
 * start, however late they leave, and each is told as sent or as not sent.
 */
class OpenLoopTest {

  private static final long MILLI = 1_000_000;

  private final List<Long> sent = new ArrayList<>();
  private final List<Long> notSent = new ArrayList<>();
  private boolean room = true;

  private final OpenLoop.Launch launch =
      new OpenLoop.Launch() {
        @Override
        public boolean hasRoom() {
          return room;
        }

        @Override
        public void send(long intendedNanos) {
          sent.add(intendedNanos / MILLI);
        }

        @Override
        public void notSent(long intendedNanos) {
          notSent.add(intendedNanos / MILLI);
        }
      };

  /** One each 10 ms, from 0 to 100 ms; those that wait longer than 30 ms are given up. */
  private final OpenLoop loop = new OpenLoop(Gaps.fixed(100), 0, 100 * MILLI, 30 * MILLI, launch);

  @Test
  void sendsEachWhenItIsDue() {
    assertEquals(10, at(0), "the next step");
    assertEquals(20, at(10));
    assertEquals(List.of(10L), sent);
    assertEquals(30, at(29));
    assertEquals(List.of(10L, 20L), sent);
  }

  @Test
  void whatIsBehindKeepsItsIntendedStart() {
    at(55);
    assertEquals(List.of(10L, 20L, 30L, 40L, 50L), sent);
  }

  @Test
  void whatFindsNoRoomWaitsAndIsGivenUpAfterItsDeadline() {
    room = false;
    assertEquals(OpenLoop.LOOK_AGAIN_NANOS, loop.step(10 * MILLI) - 10 * MILLI);
    at(45);
    assertEquals(List.of(10L), notSent);
    room = true;
    at(46);
    assertEquals(List.of(20L, 30L, 40L), sent);
  }

  @Test
  void nothingIsLeftOutWhenTheEndHasPassed() {
    room = false;
    at(99);
    assertEquals(List.of(10L, 20L, 30L, 40L, 50L, 60L), notSent);
    room = true;
    assertEquals(OpenLoop.OVER, loop.step(101 * MILLI));
    assertEquals(List.of(70L, 80L, 90L), sent);
  }

  @Test
  void fixedGapsAddUpToTheRate() {
    var gaps = Gaps.fixed(3);
    assertEquals(1_000_000_000L, IntStream.range(0, 3).mapToLong(_ -> gaps.nextNanos()).sum());
  }

  @Test
  void poissonGapsHaveTheRateAndTheSpreadOfOne() {
    var gaps = Gaps.poisson(1000, new SplittableRandom(7));
    var all = IntStream.range(0, 100_000).mapToDouble(_ -> gaps.nextNanos() / 1e6).toArray();
    double mean = IntStream.range(0, all.length).mapToDouble(i -> all[i]).sum() / all.length;
    double square =
        IntStream.range(0, all.length).mapToDouble(i -> all[i] * all[i]).sum() / all.length;
    assertEquals(1, mean, 0.02, "ms");
    assertEquals(1, Math.sqrt(square - mean * mean), 0.02, "as wide as they are long");
    assertTrue(IntStream.range(0, all.length).allMatch(i -> all[i] >= 0));
  }

  private long at(long millis) {
    return loop.step(millis * MILLI) / MILLI;
  }
}
