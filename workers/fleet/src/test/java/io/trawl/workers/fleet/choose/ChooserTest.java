package io.trawl.workers.fleet.choose;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.testkit.service.HandClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChooserTest {

  private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final List<One> NOBODY = List.of();

  private final HandClock time = new HandClock();
  private final Set<One> shut = new HashSet<>();

  private One candidate(String name, String zone, long warmUpNanos) {
    return new One(time, shut, name, zone, Duration.ofNanos(warmUpNanos));
  }

  private static Roster<One> roster(List<One> all, String ownZone) {
    return Roster.of(all, ownZone, false);
  }

  private List<One> candidates(int count, String zone) {
    return IntStream.range(0, count)
        .mapToObj(number -> candidate(zone + "-" + number, zone, 0))
        .toList();
  }

  /**
   * Calls at chance moments for a while, each for as long as the candidate takes; how many each
   * got.
   */
  private Map<One, Integer> calls(
      Chooser chooser,
      Roster<One> roster,
      int perSecond,
      int seconds,
      ToLongFunction<One> takesNanos) {
    var random = new Random(3);
    var counts = new HashMap<One, Integer>();
    for (int call = 0; call < perSecond * seconds; call++) {
      time.advance(Duration.ofNanos((long) (-Math.log(1 - random.nextDouble()) * 1e9 / perSecond)));
      One chosen = chooser.choose(roster, random.nextLong(), NOBODY);
      if (chosen != null) {
        counts.merge(chosen, 1, Integer::sum);
        long nanos = takesNanos.applyAsLong(chosen);
        chosen.load().began();
        if (nanos < Long.MAX_VALUE) {
          time.after(nanos, () -> chosen.load().ended(nanos));
        }
      }
    }
    return counts;
  }

  @Test
  void equalOnesShareEvenly() {
    List<One> all = candidates(8, "a");
    var counts =
        calls(new Chooser(ChooseOptions.defaults(), 1), roster(all, ""), 1_000, 20, _ -> 20 * MS);
    for (One one : all) {
      assertEquals(2_500, counts.getOrDefault(one, 0), 250, one.name());
    }
  }

  @Test
  void oneThatIsTwentyTimesSlowerGetsNextToNothing() {
    List<One> all = candidates(8, "a");
    One slow = all.get(3);
    var counts =
        calls(
            new Chooser(ChooseOptions.defaults(), 1),
            roster(all, ""),
            1_000,
            60,
            one -> one == slow ? 400 * MS : 20 * MS);
    assertTrue(counts.getOrDefault(slow, 0) < 0.01 * 60_000, counts.toString());
    assertTrue(counts.getOrDefault(slow, 0) > 1, "it is tried again now and then: " + counts);
  }

  @Test
  void oneThatFailsAtOnceAttractsNothingWhereFailuresCountAsSlow() {
    List<One> all = candidates(8, "a");
    One broken = all.get(3);
    long counted = TimeUnit.SECONDS.toNanos(1);
    var chooser = new Chooser(ChooseOptions.defaults(), 1);
    var random = new Random(3);
    int failed = 0;
    Roster<One> roster = roster(all, "");
    for (int call = 0; call < 30_000; call++) {
      time.advance(Duration.ofNanos(MS));
      One chosen = requireNonNull(chooser.choose(roster, random.nextLong(), NOBODY));
      chosen.load().began();
      if (chosen == broken) {
        failed++;
        chosen.load().ended(counted);
      } else {
        time.after(20 * MS, () -> chosen.load().ended(20 * MS));
      }
    }
    assertTrue(failed < 300, failed + " of 30,000");
  }

  @Test
  void aStoppedOneIsLeftAfterAFewCalls() {
    List<One> all = candidates(8, "a");
    One stopped = all.get(3);
    var counts =
        calls(
            new Chooser(ChooseOptions.defaults(), 1),
            roster(all, ""),
            1_000,
            20,
            one -> one == stopped ? Long.MAX_VALUE : 20 * MS);
    assertTrue(counts.getOrDefault(stopped, 0) <= 10, counts.toString());
  }

  @Test
  void aNewcomerIsLetInSlowlyAndHasItsShareInTheEnd() {
    var all = new ArrayList<>(candidates(7, "a"));
    One newcomer = candidate("new", "a", TimeUnit.SECONDS.toNanos(8));
    all.add(newcomer);
    Roster<One> roster = roster(all, "");
    var chooser = new Chooser(ChooseOptions.defaults(), 1);
    var first = calls(chooser, roster, 1_000, 1, _ -> 20 * MS);
    assertTrue(first.getOrDefault(newcomer, 0) < 60, first.toString());
    calls(chooser, roster, 1_000, 8, _ -> 20 * MS);
    var later = calls(chooser, roster, 1_000, 4, _ -> 20 * MS);
    assertEquals(500, later.getOrDefault(newcomer, 0), 100, later.toString());
  }

  @Test
  void theOwnZoneIsPreferredUntilItIsTooBusyBesideOthers() {
    List<One> own = candidates(2, "a");
    List<One> other = candidates(2, "b");
    var all = new ArrayList<>(other);
    all.addAll(own);
    Roster<One> roster = roster(all, "a");
    var chooser = new Chooser(ChooseOptions.defaults(), 1);
    var counts = calls(chooser, roster, 40, 10, _ -> 20 * MS);
    assertTrue(counts.keySet().stream().allMatch(own::contains), counts.toString());
    own.forEach(one -> IntStream.range(0, 20).forEach(_ -> one.load().began()));
    var busy = calls(chooser, roster, 100, 10, _ -> 20 * MS);
    assertTrue(busy.keySet().stream().anyMatch(other::contains), busy.toString());
  }

  @Test
  void whereNobodyOfTheOwnZoneTakesAnythingOthersDo() {
    List<One> own = candidates(2, "a");
    List<One> other = candidates(1, "b");
    var all = new ArrayList<>(other);
    all.addAll(own);
    shut.addAll(own);
    assertSame(
        other.getFirst(),
        new Chooser(ChooseOptions.defaults(), 1).choose(roster(all, "a"), 0, NOBODY));
  }

  @Test
  void aZoneOfNobodyIsNoZone() {
    List<One> all = candidates(3, "b");
    var counts =
        calls(new Chooser(ChooseOptions.defaults(), 1), roster(all, "a"), 100, 10, _ -> 20 * MS);
    assertEquals(3, counts.size());
  }

  @Test
  void aKeyStaysWithItsOwnerWhileThatIsNotBusierThanAllowed() {
    List<One> all = candidates(8, "a");
    Roster<One> roster = Roster.of(all, "", true);
    var chooser = new Chooser(ChooseOptions.defaults(), 1);
    One owner = requireNonNull(chooser.choose(roster, 42, NOBODY));
    for (int again = 0; again < 20; again++) {
      assertSame(owner, chooser.choose(roster, 42, NOBODY));
    }
    all.forEach(one -> IntStream.range(0, 10).forEach(_ -> one.load().began()));
    assertSame(owner, chooser.choose(roster, 42, NOBODY), "as busy as all others");
    IntStream.range(0, 10).forEach(_ -> owner.load().began());
    One second = chooser.choose(roster, 42, NOBODY);
    assertFalse(second == owner);
    assertSame(second, chooser.choose(roster, 42, NOBODY), "the next on the ring, always the same");
  }

  @Test
  void whoHadTheCallIsPassedOver() {
    List<One> all = candidates(3, "a");
    for (boolean owners : new boolean[] {false, true}) {
      Roster<One> roster = Roster.of(all, "", owners);
      var chooser = new Chooser(ChooseOptions.defaults(), 1);
      var tried = new ArrayList<One>();
      for (int attempt = 0; attempt < 3; attempt++) {
        One chosen = chooser.choose(roster, 42, tried);
        assertTrue(chosen != null && !tried.contains(chosen));
        tried.add(chosen);
      }
      assertNull(chooser.choose(roster, 42, tried));
    }
  }

  @Test
  void whereOneOfManyTakesAnythingItIsFound() {
    List<One> all = candidates(64, "a");
    shut.addAll(all);
    shut.remove(all.get(50));
    for (boolean owners : new boolean[] {false, true}) {
      Roster<One> roster = Roster.of(all, "", owners);
      var chooser = new Chooser(ChooseOptions.defaults(), 1);
      assertSame(all.get(50), chooser.choose(roster, 7, NOBODY));
    }
    shut.addAll(all);
    assertNull(new Chooser(ChooseOptions.defaults(), 1).choose(roster(all, ""), 7, NOBODY));
    assertNull(new Chooser(ChooseOptions.defaults(), 1).choose(roster(List.of(), ""), 7, NOBODY));
  }
}
