package io.trawl.workers.server;

import io.trawl.workers.server.Problem.Reason;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counters of one version of a model, from its loading on. Times are in nanoseconds. */
final class ModelStats {
  final LongAdder succeeded = new LongAdder();

  /** Rows inferred: a request with a batch of four counts four times. */
  final LongAdder inferences = new LongAdder();

  final LongAdder executions = new LongAdder();
  final LongAdder requestNanos = new LongAdder();
  final LongAdder queueNanos = new LongAdder();
  final LongAdder inputNanos = new LongAdder();
  final LongAdder inferNanos = new LongAdder();
  final LongAdder outputNanos = new LongAdder();

  private final Map<Reason, LongAdder> failed = new EnumMap<>(Reason.class);

  ModelStats() {
    for (Reason reason : Reason.values()) {
      failed.put(reason, new LongAdder());
    }
  }

  void failed(Reason reason) {
    adder(reason).increment();
  }

  long failures(Reason reason) {
    return adder(reason).sum();
  }

  private LongAdder adder(Reason reason) {
    LongAdder adder = failed.get(reason);
    if (adder == null) {
      throw new IllegalStateException("no counter for " + reason);
    }
    return adder;
  }
}
