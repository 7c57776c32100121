package io.trawl.workers.server.run;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks one after another without a thread of its own: whoever finds it idle runs what is
 * there, others leave their task and go. State touched only from tasks has one writer and needs no
 * lock. Tasks must be short, and may hand in more tasks.
 */
final class SerialExecutor implements Executor {
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger left = new AtomicInteger();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (left.getAndIncrement() > 0) {
      return;
    }
    do {
      Runnable next = tasks.poll();
      try {
        if (next != null) {
          next.run();
        }
      } catch (RuntimeException | Error bug) {
        // The next task must run whatever this one did.
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, bug);
      }
    } while (left.decrementAndGet() > 0);
  }
}
