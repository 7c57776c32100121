package io.trawl.workers.testkit.service;

import io.trawl.workers.wire.Alarm;
import java.util.List;

/** What runs a batch on an instance. */
@FunctionalInterface
public interface Runner {

  /** Begins a run, whose end is told by the action, once. */
  void run(List<Work> batch, Runnable end);

  /** Ends as it begins. */
  static Runner immediate() {
    return (_, end) -> end.run();
  }

  /** Takes its time. */
  static Runner timed(ServiceTime time, Alarm alarm) {
    return (batch, end) -> alarm.after(time.nanos(batch), end);
  }
}
