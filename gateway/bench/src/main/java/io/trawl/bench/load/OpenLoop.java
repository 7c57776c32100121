package io.trawl.bench.load;

/**
 * The schedule of an open loop, without clock and thread: {@link #step} is told the time.
 *
 * <p>The schedule never waits for answers. Where too many requests are under way, those that are
 * due keep their intended start and leave when there is room; one whose deadline passes first is
 * told as not sent. So every intended start ends as sent or not sent, and what is kept is one
 * number.
 */
final class OpenLoop {

  /** Soon enough to notice that there is room again. */
  static final long LOOK_AGAIN_NANOS = 100_000;

  /** No more is due. */
  static final long OVER = Long.MAX_VALUE;

  private final Gaps gaps;
  private final long endNanos;
  private final long patienceNanos;
  private final Launch launch;
  private long dueNanos;

  /** Where requests go. */
  interface Launch {

    /** Whether one more may be under way. */
    boolean hasRoom();

    /** Sends one whose time has come. */
    void send(long intendedNanos);

    /** One whose deadline passed before there was room. */
    void notSent(long intendedNanos);
  }

  /**
   * @param beginNanos the first gap begins here
   * @param endNanos no request is due from here on
   * @param patienceNanos how long one may wait for room
   */
  OpenLoop(Gaps gaps, long beginNanos, long endNanos, long patienceNanos, Launch launch) {
    this.gaps = gaps;
    this.endNanos = endNanos;
    this.patienceNanos = patienceNanos;
    this.launch = launch;
    this.dueNanos = beginNanos + gaps.nextNanos();
  }

  /** Sends what is due; the time of the next step, or {@link #OVER}. */
  long step(long nowNanos) {
    while (dueNanos < endNanos) {
      if (dueNanos > nowNanos) {
        return dueNanos;
      }
      if (launch.hasRoom()) {
        launch.send(dueNanos);
      } else if (nowNanos - dueNanos > patienceNanos) {
        launch.notSent(dueNanos);
      } else {
        return nowNanos + LOOK_AGAIN_NANOS;
      }
      dueNanos += gaps.nextNanos();
    }
    return OVER;
  }
}
