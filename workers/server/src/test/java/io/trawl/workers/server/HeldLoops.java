package io.trawl.workers.server;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.CountDownLatch;

/**
 * Holds all event loops from its making to its end: what comes meanwhile, they find all at once.
 */
final class HeldLoops implements AutoCloseable {
  private final CountDownLatch over = new CountDownLatch(1);

  HeldLoops(Vertx vertx) {
    for (EventExecutor each : ((VertxInternal) vertx).nettyEventLoopGroup()) {

      CountDownLatch held = new CountDownLatch(1);
      each.execute(
          () -> {
            held.countDown();
            await(over);
          });
      await(held);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    over.countDown();
  }
}
