package io.trawl.serve.search;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The threads that score. Fixed in number, with a bounded queue before them; what finds no room is
 * refused at once and becomes {@code Shed}, never a wait.
 */
public final class ComputePool implements AutoCloseable {

  /** Less than this nobody notices. */
  private static final long SHORT_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(12);

  /** Over how many tasks their time is averaged. */
  private static final int REMEMBERED = 16;

  private final ThreadPoolExecutor executor;
  private final AtomicLong usualNanos = new AtomicLong();
  private volatile long waitNanos;

  /**
   * @param threads how many searches score side by side, at least 1
   * @param queueSize how many may wait for a thread, at least 1
   */
  public ComputePool(int threads, int queueSize) {
    var number = new AtomicInteger();
    this.executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queueSize),
            task ->
                Thread.ofPlatform()
                    .daemon()
                    .name("trawl-compute-" + number.getAndIncrement())
                    .unstarted(task));
  }

  /** Hands a task over; false when there is no room or the pool is closed. */
  boolean offer(Runnable task) {
    try {
      executor.execute(task);
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }

  /** Told by each task that has begun how long it had waited. */
  void waited(long nanos) {
    waitNanos = nanos;
  }

  /** Told by each task how long it has run. */
  void ran(long nanos) {
    usualNanos.accumulateAndGet(nanos, (usual, now) -> usual + (now - usual) / REMEMBERED);
  }

  /** Whether the task that began last had waited for longer than tasks run. */
  public boolean waitsLong() {
    return waitNanos > Math.max(SHORT_WAIT_NANOS, usualNanos.get());
  }

  /** How many tasks run side by side. */
  int threads() {
    return executor.getMaximumPoolSize();
  }

  /** Tasks waiting for a thread. */
  public int queued() {
    return executor.getQueue().size();
  }

  /** Ends the threads once the running tasks are done; waiting tasks are dropped. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
