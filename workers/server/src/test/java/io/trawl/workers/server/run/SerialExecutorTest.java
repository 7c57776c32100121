package io.trawl.workers.server.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** One writer at a time, nothing lost, and order kept: what every scheduler relies on. */
final class SerialExecutorTest {
  private static final int THREADS = 4;
  private static final int TASKS = 20_000;

  private final SerialExecutor serial = new SerialExecutor();
  // Plain on purpose: only tasks of serial touch it.
  private int count;

  @Test
  void tasksOfManyThreadsNeverOverlap() throws InterruptedException {
    CountDownLatch all = new CountDownLatch(THREADS * TASKS);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int task = 0; task < TASKS; task++) {
                      serial.execute(
                          () -> {
                            count++;
                            all.countDown();
                          });
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    all.await();
    assertEquals(THREADS * TASKS, count);
  }

  @Test
  void aTaskMayHandInMore() {
    List<String> order = new ArrayList<>();
    serial.execute(
        () -> {
          serial.execute(() -> order.add("inner"));
          order.add("outer");
        });
    assertEquals(List.of("outer", "inner"), order);
  }

  @Test
  void aFailingTaskDoesNotStopTheNext() throws InterruptedException {
    List<Throwable> reported = new ArrayList<>();
    Thread thread =
        Thread.ofPlatform()
            .unstarted(
                () -> {
                  serial.execute(
                      () -> {
                        throw new IllegalStateException("bug");
                      });
                  serial.execute(() -> count++);
                });
    thread.setUncaughtExceptionHandler((_, bug) -> reported.add(bug));
    thread.start();
    thread.join();
    assertEquals(1, count);
    assertEquals(1, reported.size());
    assertTrue(reported.getFirst() instanceof IllegalStateException);
  }
}
