package io.trawl.workers.server.run;

import io.trawl.workers.protocol.InferBatchStatistics;
import io.trawl.workers.protocol.InferStatistics;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.protocol.StatisticDuration;
import io.trawl.workers.server.run.CallFailure.Reason;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters of one version of a model, from its loading on; a reload begins anew. Times are in
 * nanoseconds. As in Triton, what a batch costs is charged to each of its requests, and waiting and
 * computing count for requests that succeed.
 */
public final class ModelStats {
  public final LongAdder succeeded = new LongAdder();

  /** Rows inferred: a request with a batch of four counts four times. */
  public final LongAdder inferences = new LongAdder();

  public final LongAdder executions = new LongAdder();

  /** Runs of a part of a batch that had failed as a whole. */
  public final LongAdder reruns = new LongAdder();

  /** Runs that were asked to end, since nobody waited any more or they took too long. */
  public final LongAdder stopped = new LongAdder();

  public final LongAdder requestNanos = new LongAdder();
  public final LongAdder queueNanos = new LongAdder();
  public final LongAdder inputNanos = new LongAdder();
  public final LongAdder inferNanos = new LongAdder();
  public final LongAdder outputNanos = new LongAdder();

  private final LongAdder failedNanos = new LongAdder();
  private final Map<Reason, LongAdder> failed = new EnumMap<>(Reason.class);

  /**
   * Sizes of batches that are told apart; a call may load a model with any {@code max_batch_size}.
   */
  static final int MOST_SIZES = 1024;

  /** By the rows of an execution. What comes in further sizes is in the sums alone. */
  private final ConcurrentSkipListMap<Long, Executions> batches = new ConcurrentSkipListMap<>();

  private final AtomicLong lastInferenceMillis = new AtomicLong();
  private final InstantSource clock;

  private static final class Executions {
    private final LongAdder count = new LongAdder();
    private final LongAdder inputNanos = new LongAdder();
    private final LongAdder inferNanos = new LongAdder();
    private final LongAdder outputNanos = new LongAdder();
  }

  public ModelStats(InstantSource clock) {
    this.clock = clock;
    for (Reason reason : Reason.values()) {
      failed.put(reason, new LongAdder());
    }
  }

  /** Counts a run of the model, whatever becomes of its requests. */
  void executed(long rows, ModelInstance.Run run) {
    executions.increment();
    inferences.add(rows);
    lastInferenceMillis.set(clock.millis());
    Executions same = batches.get(rows);
    if (same == null) {
      if (batches.size() >= MOST_SIZES) {
        return;
      }
      same = batches.computeIfAbsent(rows, _ -> new Executions());
    }
    same.count.increment();
    same.inputNanos.add(run.inputNanos());
    same.inferNanos.add(run.inferNanos());
    same.outputNanos.add(run.outputNanos());
  }

  void succeeded(long tookNanos, long waitedNanos, ModelInstance.Run run) {
    succeeded.increment();
    requestNanos.add(tookNanos);
    queueNanos.add(waitedNanos);
    inputNanos.add(run.inputNanos());
    inferNanos.add(run.inferNanos());
    outputNanos.add(run.outputNanos());
  }

  public void failed(Reason reason, long tookNanos) {
    adder(reason).increment();
    failedNanos.add(tookNanos);
  }

  public long failures(Reason reason) {
    return adder(reason).sum();
  }

  private LongAdder adder(Reason reason) {
    LongAdder adder = failed.get(reason);
    if (adder == null) {
      throw new IllegalStateException("no counter for " + reason);
    }
    return adder;
  }

  /** What the ModelStatistics call says of this version. */
  public ModelStatistics describe(String name, long version) {
    long successes = succeeded.sum();
    long failures = failed.values().stream().mapToLong(LongAdder::sum).sum();
    ModelStatistics.Builder described =
        ModelStatistics.newBuilder()
            .setName(name)
            .setVersion(Long.toString(version))
            .setLastInference(lastInferenceMillis.get())
            .setInferenceCount(inferences.sum())
            .setExecutionCount(executions.sum())
            .setInferenceStats(
                InferStatistics.newBuilder()
                    .setSuccess(duration(successes, requestNanos))
                    .setFail(duration(failures, failedNanos))
                    .setQueue(duration(successes, queueNanos))
                    .setComputeInput(duration(successes, inputNanos))
                    .setComputeInfer(duration(successes, inferNanos))
                    .setComputeOutput(duration(successes, outputNanos))
                    .setCacheHit(StatisticDuration.getDefaultInstance())
                    .setCacheMiss(StatisticDuration.getDefaultInstance()));
    batches.forEach(
        (rows, same) -> {
          long count = same.count.sum();
          described.addBatchStats(
              InferBatchStatistics.newBuilder()
                  .setBatchSize(rows)
                  .setComputeInput(duration(count, same.inputNanos))
                  .setComputeInfer(duration(count, same.inferNanos))
                  .setComputeOutput(duration(count, same.outputNanos)));
        });
    return described.build();
  }

  private static StatisticDuration duration(long count, LongAdder nanos) {
    return StatisticDuration.newBuilder().setCount(count).setNs(nanos.sum()).build();
  }
}
