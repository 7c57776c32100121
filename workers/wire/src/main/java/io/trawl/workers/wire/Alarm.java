package io.trawl.workers.wire;

import io.vertx.core.Timer;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/** What wakes a call at the end of its budget. */
@FunctionalInterface
public interface Alarm {

  /** Runs the action on the caller's context once the time has passed, unless cancelled first. */
  Pending after(long nanos, Runnable action);

  /** An action that waits for its time. */
  @FunctionalInterface
  interface Pending {
    void cancel();
  }

  /** The alarm of Vert.x' own timers. */
  static Alarm of(Vertx vertx) {
    return (nanos, action) -> {
      Timer timer = vertx.timer(nanos, TimeUnit.NANOSECONDS);
      timer.onSuccess(_ -> action.run());
      return timer::cancel;
    };
  }
}
