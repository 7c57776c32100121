package io.trawl.workers.fleet.call;

import static io.trawl.workers.wire.Settings.within;

import io.trawl.workers.wire.NanoClock;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many calls may be made a second time: a share of those made for the first time, and a few a
 * second where there are not many (Finagle's retry budget). Without a bound, retries multiply what
 * is too much already.
 *
 * <p>Safe for all threads; takes no lock.
 */
public final class RetryBudget {

  /** A retry, in what the balance is counted in. */
  private static final long RETRY = 1_000;

  private static final double NANOS_A_SECOND = 1e9;

  private final long deposit;
  private final double perNano;
  private final long most;
  private final NanoClock clock;
  private final AtomicLong balance;
  private final AtomicLong trickledAt;

  /**
   * A budget that holds what a second trickles in.
   *
   * @param share of the calls, 0 to 1
   * @param perSecond however few calls there are
   * @param seconds for which what is not used is kept
   */
  public RetryBudget(double share, int perSecond, int seconds, NanoClock clock) {
    within("share", share, 0, 1);
    within("perSecond", perSecond, 0, 1_000_000);
    this.deposit = Math.round(share * RETRY);
    this.perNano = perSecond * RETRY / NANOS_A_SECOND;
    // At a rate of ten thousand calls a second, all that they leave.
    this.most = RETRY * seconds * Math.max(perSecond, Math.round(share * 10_000));
    this.clock = clock;
    this.balance = new AtomicLong(Math.min(most, RETRY * perSecond));
    this.trickledAt = new AtomicLong(clock.nanos());
  }

  /** A call is made for the first time. */
  public void made() {
    add(deposit);
  }

  /** Whether one more may be repeated; if so it is taken. */
  public boolean tryTake() {
    trickle();
    while (true) {
      long before = balance.get();
      if (before < RETRY) {
        return false;
      }
      if (balance.compareAndSet(before, before - RETRY)) {
        return true;
      }
    }
  }

  private void trickle() {
    long now = clock.nanos();
    long since = trickledAt.get();
    long earned = (long) ((now - since) * perNano);
    if (earned > 0 && trickledAt.compareAndSet(since, now)) {
      add(earned);
    }
  }

  private void add(long earned) {
    balance.accumulateAndGet(earned, (before, more) -> Math.min(most, before + more));
  }
}
