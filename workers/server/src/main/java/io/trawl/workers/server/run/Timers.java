package io.trawl.workers.server.run;

/** Runs something later. Tasks must be short: all of a worker's share one thread. */
@FunctionalInterface
public interface Timers {

  /** A timer that was set. */
  interface Timer {
    void cancel();
  }

  /** Runs the task after the delay, at once where the delay is not positive. */
  Timer after(long delayNanos, Runnable task);
}
