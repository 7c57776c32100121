package io.trawl.workers.fleet.call;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What became of calls beside their first attempt. */
public final class CallCounts {

  private final Counter retried;
  private final Counter moved;
  private final Counter unaffordable;
  private final Counter waited;
  private final Counter shed;

  public CallCounts(MeterRegistry registry) {
    this.retried = registry.counter("trawl.fleet.retried");
    this.moved = registry.counter("trawl.fleet.moved");
    this.unaffordable = registry.counter("trawl.fleet.retry.refused");
    this.waited = registry.counter("trawl.fleet.waited");
    this.shed = registry.counter("trawl.fleet.shed");
  }

  /** A call was made anew, since its replica gave no usable answer. */
  void retried() {
    retried.increment();
  }

  /** A call was taken from a replica that said nothing, to be made anew. */
  void moved() {
    moved.increment();
  }

  /** A call was not made anew, though it might have been: the budget is spent. */
  void unaffordable() {
    unaffordable.increment();
  }

  /** A call waited for room. */
  void waited() {
    waited.increment();
  }

  /** A call was not made: no replica had room for it in time. */
  void shed() {
    shed.increment();
  }
}
