package io.trawl.workers.client;

import io.trawl.workers.wire.Alarm;
import java.util.ArrayList;
import java.util.List;

/** An alarm that rings when the test says so, and at once for what is set afterwards. */
final class HandAlarm implements Alarm {

  // Guarded by this.
  private final List<Runnable> waiting = new ArrayList<>();
  private boolean rung;

  @Override
  public Pending after(long nanos, Runnable action) {
    synchronized (this) {
      if (!rung) {
        waiting.add(action);
        return () -> forget(action);
      }
    }
    action.run();
    return () -> {};
  }

  /** How many actions wait: one for each call that has not ended. */
  synchronized int pending() {
    return waiting.size();
  }

  void ring() {
    List<Runnable> due;
    synchronized (this) {
      rung = true;
      due = List.copyOf(waiting);
      waiting.clear();
    }
    due.forEach(Runnable::run);
  }

  private synchronized void forget(Runnable action) {
    waiting.remove(action);
  }
}
