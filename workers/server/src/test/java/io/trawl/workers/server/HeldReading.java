package io.trawl.workers.server;

import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.CountDownLatch;

/** Holds the threads on which requests are read, from its making to its end. */
final class HeldReading implements AutoCloseable {
  /** As many as there are. */
  static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private final CountDownLatch over = new CountDownLatch(1);
  private final WorkerExecutor threads;

  HeldReading(Vertx vertx) throws InterruptedException {
    threads = vertx.createSharedWorkerExecutor("trawl-worker-reading", THREADS);
    var held = new CountDownLatch(THREADS);
    for (int i = 0; i < THREADS; i++) {
      var _ =
          threads.executeBlocking(
              () -> {
                held.countDown();
                over.await();
                return null;
              },
              false);
    }
    held.await();
  }

  @Override
  public void close() {
    over.countDown();
    var _ = threads.close();
  }
}
