package io.trawl.workers.server.edge;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.Callable;

/**
 * Where requests are unpacked and read: large ones beside the event loops, and on few threads, so
 * that whoever sends many of them leaves processors to the others. One for all ports of a process;
 * what waits holds its place in the budget of memory, which bounds it.
 */
final class Reading {
  private static final String NAME = "trawl-worker-reading";

  private final WorkerExecutor threads;

  Reading(Vertx vertx) {
    this.threads =
        vertx.createSharedWorkerExecutor(
            NAME, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  /**
   * What is light is read at once, and the result is there when this returns; all else when a
   * thread is free, and its result arrives on the caller's context.
   */
  <T> Future<T> read(boolean light, Callable<T> reading) {
    if (!light) {
      return threads.executeBlocking(reading, false);
    }
    try {
      return Future.succeededFuture(reading.call());
    } catch (Exception | Error failure) {
      return Future.failedFuture(failure);
    }
  }
}
