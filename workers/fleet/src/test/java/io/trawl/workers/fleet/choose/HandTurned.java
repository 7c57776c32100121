package io.trawl.workers.fleet.choose;

import io.trawl.workers.wire.NanoClock;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/** Time that moves when a test says so, and what is to happen at its moments. */
final class HandTurned implements NanoClock {

  private record Moment(long at, long order, Runnable action) {}

  private final PriorityQueue<Moment> moments =
      new PriorityQueue<>(Comparator.comparingLong(Moment::at).thenComparingLong(Moment::order));
  private long now = TimeUnit.HOURS.toNanos(1);
  private long order;

  @Override
  public long nanos() {
    return now;
  }

  void after(long nanos, Runnable action) {
    moments.add(new Moment(now + nanos, order++, action));
  }

  /** Moves on by so much; what is due happens at its moment. */
  void advance(long nanos) {
    long end = now + nanos;
    while (!moments.isEmpty() && moments.peek().at() <= end) {
      Moment next = moments.remove();
      now = next.at();
      next.action().run();
    }
    now = end;
  }

  void advanceMillis(long millis) {
    advance(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
