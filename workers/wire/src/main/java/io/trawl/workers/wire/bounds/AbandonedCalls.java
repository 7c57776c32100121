package io.trawl.workers.wire.bounds;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What addresses begin over HTTP/2 and abandon at once. A call costs its server work before its
 * reset is read, and its caller nothing: by address so many may be abandoned at one time, a tenth
 * of them more with each second, and one more with each answer. An address that has abandoned more
 * begins as many calls on each connection as were answered on it, and one.
 */
final class AbandonedCalls {

  /** How long it takes until an address that stays away has paid for all it may owe. */
  private static final long WHOLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int MAX_ADDRESSES = 10_000;

  private final int most;
  private final Map<InetAddress, Debt> debts = new HashMap<>();
  private final LongAdder abandoned = new LongAdder();
  private final LongAdder refused = new LongAdder();

  private long sweptNanos;

  /** Read without the lock, since there are no debts as a rule. */
  private volatile boolean anyDebt;

  AbandonedCalls(int most) {
    this.most = most;
  }

  /** What an address has abandoned and not paid for yet. */
  private final class Debt {
    private double calls;
    private long sinceNanos;

    private Debt(long now) {
      sinceNanos = now;
    }

    private double at(long now) {
      calls = Math.max(0, calls - (double) (now - sinceNanos) / WHOLE_NANOS * most);
      sinceNanos = now;
      return calls;
    }
  }

  void abandoned(@Nullable InetAddress address, long now) {
    abandoned.increment();
    if (address == null) {
      return;
    }
    synchronized (debts) {
      var debt = debts.get(address);
      if (debt == null && hasRoom(now)) {
        debt = new Debt(now);
        debts.put(address, debt);
        anyDebt = true;
      }
      if (debt != null) {
        debt.calls = Math.min(2.0 * most, debt.at(now) + 1);
      }
    }
  }

  /**
   * Those who have paid make room, looked for once a second; without any a newcomer owes nothing.
   */
  private boolean hasRoom(long now) {
    if (debts.size() >= MAX_ADDRESSES && now - sweptNanos > TimeUnit.SECONDS.toNanos(1)) {
      sweptNanos = now;
      debts.values().removeIf(debt -> debt.at(now) == 0);
    }
    return debts.size() < MAX_ADDRESSES;
  }

  void answered(@Nullable InetAddress address, long now) {
    if (!anyDebt || address == null) {
      return;
    }
    synchronized (debts) {
      var debt = debts.get(address);
      if (debt != null) {
        debt.calls = debt.at(now) - 1;
        if (debt.calls <= 0) {
          debts.remove(address);
          anyDebt = !debts.isEmpty();
        }
      }
    }
  }

  /** Whether this address has abandoned more than it may. */
  boolean tooMany(@Nullable InetAddress address, long now) {
    if (!anyDebt || address == null) {
      return false;
    }
    synchronized (debts) {
      var debt = debts.get(address);
      return debt != null && debt.at(now) >= most;
    }
  }

  /** A call was not begun, since its address had abandoned too many. */
  void refused() {
    refused.increment();
  }

  long countAbandoned() {
    return abandoned.sum();
  }

  long countRefused() {
    return refused.sum();
  }
}
