package io.trawl.workers.wire.bounds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

  private static final InetAddress ONE = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress TWO = InetAddress.ofLiteral("192.0.2.2");
  private static final InetAddress THREE = InetAddress.ofLiteral("2001:db8::");

  private final MemoryBudget budget = new MemoryBudget(1000, 600);
  private final List<String> dropped = new ArrayList<>();

  private MemoryBudget.Share share(MemoryBudget.Account account, String name) {
    return account.share(() -> dropped.add(name));
  }

  @Test
  void whatIsClosedIsGivenBackWholeAndOnce() {
    var share = share(budget.account(ONE), "one");
    assertTrue(share.take(300));
    share.hold(200);
    assertEquals(500, budget.held());
    share.close();
    share.close();
    assertEquals(0, budget.held());
  }

  @Test
  void whatFindsNoRoomHoldsNothingMore() {
    var account = budget.account(ONE);
    var share = share(account, "one");
    assertTrue(share.take(600));
    assertTrue(account.spent());
    assertFalse(share.take(1), "of one connection");
    assertFalse(budget.spent());
    var more = share(budget.account(ONE), "more");
    assertTrue(more.take(150));
    assertFalse(more.take(1), "of one address: three quarters are for it alone");
    var other = share(budget.account(TWO), "two");
    assertTrue(other.take(250));
    assertTrue(budget.spent());
    assertFalse(share(budget.account(THREE), "three").take(1), "of all");
    assertEquals(1000, budget.held());
    assertEquals(3, budget.refused());
  }

  @Test
  void whatHasWaitedLongestIsDroppedBeforeAllIsSpent() {
    var first = waiting("first", 300);
    var second = waiting("second", 300);
    var working = share(budget.account(ONE), "working");
    assertTrue(working.take(150));
    assertEquals(List.of(), dropped);
    var third = waiting("third", 100);
    assertEquals(List.of("first"), dropped, "over three quarters");
    assertEquals(1, budget.dropped());
    first.close();
    assertEquals(550, budget.held());
    var fourth = waiting("fourth", 210);
    assertEquals(List.of("first", "second"), dropped);
    List.of(second, third, fourth, working).forEach(MemoryBudget.Share::close);
    assertEquals(0, budget.held());
  }

  /** One message may be larger than three quarters of all. */
  @Test
  void whoAsksIsNotDroppedForItself() {
    waiting("alone", 600);
    var second = waiting("second", 300);
    assertEquals(List.of("alone"), dropped);
    assertTrue(second.take(50));
    assertEquals(List.of("alone"), dropped);
  }

  @Test
  void whatGoesOnIsNotDropped() {
    var share = waiting("whole", 500);
    share.goesOn();
    waiting("next", 200);
    waiting("asking", 100);
    assertEquals(List.of("next"), dropped);
  }

  @Test
  void anAnswerIsCountedRoomOrNot() {
    var share = share(budget.account(ONE), "answer");
    share.hold(5000);
    assertTrue(budget.spent());
    share.close();
    assertFalse(budget.spent());
  }

  @Test
  void ofWhoHoldsMostTheOldestIsDropped() {
    waiting(ONE, "first of one", 100);
    waiting(TWO, "first of two", 200);
    waiting(TWO, "second of two", 200);
    waiting(ONE, "second of one", 100);
    assertTrue(share(budget.account(THREE), "asking").take(200));
    assertEquals(List.of("first of two"), dropped);
  }

  @Test
  void whoHoldsMostIsRefusedBeforeOthersLoseAnything() {
    var other = waiting(ONE, "other", 100);
    var large = share(budget.account(TWO), "large");
    assertTrue(large.take(500));
    assertEquals(100, large.left(), "of its connection");
    assertFalse(
        share(budget.account(TWO), "more").take(200),
        "over three quarters, and more than half of the whole");
    var small = share(budget.account(THREE), "small");
    assertTrue(small.take(140), "as much as is left");
    assertTrue(large.take(5));
    assertTrue(small.take(50), "who holds little has the rest");
    assertFalse(share(budget.account(TWO), "again").take(1), "over another connection");
    assertEquals(List.of(), dropped);
    other.close();
    small.close();
    assertTrue(large.take(95), "alone");
  }

  @Test
  void whoIsGoneIsForgottenWithTheLastOfWhatItHolds() {
    var account = budget.account(ONE);
    var large = share(account, "large");
    assertTrue(large.take(560));
    account.close();
    assertTrue(share(budget.account(TWO), "other").take(200));
    var again = budget.account(ONE);
    assertFalse(share(again, "again").take(1), "its address still holds more than half");
    large.close();
    assertTrue(share(again, "again").take(1));
  }

  @Test
  void aBudgetHasRoomForAConnection() {
    assertThrows(IllegalArgumentException.class, () -> new MemoryBudget(10, 11));
    assertThrows(IllegalArgumentException.class, () -> new MemoryBudget(10, 0));
  }

  private MemoryBudget.Share waiting(String name, long bytes) {
    return waiting(ONE, name, bytes);
  }

  private MemoryBudget.Share waiting(InetAddress address, String name, long bytes) {
    var share = share(budget.account(address), name);
    share.waits();
    assertTrue(share.take(bytes));
    return share;
  }
}
