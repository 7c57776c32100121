package io.trawl.workers.server.run;

import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The timers of a running worker, on one thread of their own: queue delays are fractions of a
 * millisecond, which Vert.x timers do not count.
 */
public final class TimerThread implements Timers, AutoCloseable {
  private final ScheduledThreadPoolExecutor executor;

  public TimerThread() {
    this.executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("trawl-worker-timer").factory());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public Timer after(long delayNanos, Runnable task) {
    try {
      Future<?> scheduled = executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException _) {
      // The worker is closed: nobody waits for this any more.
      return () -> {};
    }
  }

  @Override
  public void close() {
    executor.shutdown();
  }
}
