package io.trawl.workers.kubernetes;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.trawl.workers.wire.Alarm;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** An alarm that rings when the test says so. */
final class HandAlarm implements Alarm {

  private final BlockingQueue<Waiting> set = new LinkedBlockingQueue<>();

  /** An action that waits for so long, unless somebody thought better of it. */
  record Waiting(long nanos, Runnable action, AtomicBoolean cancelled) {

    long seconds() {
      return TimeUnit.NANOSECONDS.toSeconds(nanos);
    }

    void ring() {
      action.run();
    }
  }

  @Override
  public Pending after(long nanos, Runnable action) {
    var waiting = new Waiting(nanos, action, new AtomicBoolean());
    set.add(waiting);
    return () -> waiting.cancelled().set(true);
  }

  /** The next one that is set, once it is. */
  Waiting await() throws InterruptedException {
    Waiting waiting = set.poll(60, TimeUnit.SECONDS);
    assertNotNull(waiting, "nothing was set");
    return waiting;
  }

  boolean isEmpty() {
    return set.isEmpty();
  }
}
