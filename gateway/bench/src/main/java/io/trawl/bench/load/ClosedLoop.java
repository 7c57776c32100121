package io.trawl.bench.load;

import io.trawl.domain.Ticker;

/**
 * Callers that ask, wait for the answer, rest and ask again. A caller that got no answer at all
 * rests at least a moment, so that a gateway that is gone is not asked a million times.
 */
final class ClosedLoop {

  private static final long MOMENT_NANOS = 10_000_000;

  private final Ticker ticker;
  private final long endNanos;
  private final long thinkNanos;
  private final Callers callers;

  /** What a caller can do. */
  interface Callers {

    /** Asks now; {@link ClosedLoop#ended} is told of the end. */
    void ask(int caller);

    /** Calls {@link ClosedLoop#ask} of this caller after a while. */
    void rest(int caller, long nanos);

    /** This caller asks no more. */
    void done(int caller);
  }

  ClosedLoop(Ticker ticker, long endNanos, long thinkNanos, Callers callers) {
    this.ticker = ticker;
    this.endNanos = endNanos;
    this.thinkNanos = thinkNanos;
    this.callers = callers;
  }

  /** A caller's next turn. */
  void ask(int caller) {
    if (ticker.nanos() >= endNanos) {
      callers.done(caller);
    } else {
      callers.ask(caller);
    }
  }

  /** A caller's request ended. */
  void ended(int caller, boolean answered) {
    long rest = answered ? thinkNanos : Math.max(thinkNanos, MOMENT_NANOS);
    if (rest == 0) {
      ask(caller);
    } else {
      callers.rest(caller, rest);
    }
  }
}
