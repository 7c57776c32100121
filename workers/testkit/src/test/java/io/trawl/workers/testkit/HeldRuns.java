package io.trawl.workers.testkit;

import io.trawl.workers.testkit.contract.OipCaller;
import io.trawl.workers.testkit.contract.OipSubject;
import io.trawl.workers.testkit.service.Runner;
import io.trawl.workers.testkit.service.Work;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Runs of a model of the fake that begin by themselves and end when the test lets them. */
final class HeldRuns implements Runner, OipSubject.Runs {

  private final BlockingQueue<Long> begun = new LinkedBlockingQueue<>();

  // Guarded by this.
  private final Deque<Runnable> held = new ArrayDeque<>();
  private int released;

  @Override
  public void run(List<Work> batch, Runnable end) {
    Context context = Objects.requireNonNull(Vertx.currentContext(), "the fake's own");
    synchronized (this) {
      held.add(() -> context.runOnContext(_ -> end.run()));
    }
    begun.add(batch.stream().mapToLong(Work::rows).sum());
    endReleased();
  }

  @Override
  public long awaitNext() {
    try {
      Long rows = begun.poll(OipCaller.HANG_SECONDS, TimeUnit.SECONDS);
      if (rows == null) {
        throw new AssertionError("no run begins");
      }
      return rows;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void release(int runs) {
    synchronized (this) {
      released += runs;
    }
    endReleased();
  }

  private synchronized void endReleased() {
    while (released > 0 && !held.isEmpty()) {
      released--;
      held.remove().run();
    }
  }
}
