package io.trawl.workers.testkit.service;

import io.trawl.workers.protocol.InferBatchStatistics;
import io.trawl.workers.protocol.InferStatistics;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.protocol.StatisticDuration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a model has done. As in Triton, what a batch costs is charged to each of its calls, and
 * waiting and computing count for calls that succeed.
 */
public final class ServiceStats {

  private final Counted succeeded = new Counted();
  private final Counted failed = new Counted();
  private final Counted waited = new Counted();
  private final Counted computed = new Counted();
  private final Counted wasted = new Counted();
  private final Map<Ended, Long> endings = new EnumMap<>(Ended.class);
  private final Map<Integer, Counted> runs = new TreeMap<>();
  private long takenBack;
  private long rows;
  private long executions;
  private long lastMillis;

  /** A number of things, and the time that they took. */
  private static final class Counted {
    private long count;
    private long nanos;

    void add(long took) {
      count++;
      nanos += took;
    }

    StatisticDuration told() {
      return StatisticDuration.newBuilder().setCount(count).setNs(nanos).build();
    }

    /** As many, that took nothing. */
    StatisticDuration none() {
      return StatisticDuration.newBuilder().setCount(count).build();
    }
  }

  void executed(int batchRows, long nanos, long atMillis) {
    executions++;
    rows += batchRows;
    lastMillis = atMillis;
    runs.computeIfAbsent(batchRows, _ -> new Counted()).add(nanos);
  }

  void ran(long waitedNanos, long computedNanos) {
    endings.merge(Ended.RAN, 1L, Long::sum);
    succeeded.add(waitedNanos + computedNanos);
    waited.add(waitedNanos);
    computed.add(computedNanos);
  }

  void refused(Ended why, long nanos) {
    endings.merge(why, 1L, Long::sum);
    failed.add(nanos);
  }

  void leftUnrun(long nanos) {
    takenBack++;
    failed.add(nanos);
  }

  void ranForNobody(long nanos) {
    wasted.add(nanos);
  }

  /** Calls that ended in this way. */
  public long ended(Ended how) {
    return endings.getOrDefault(how, 0L);
  }

  /** Calls that were taken back before they ran. */
  public long takenBack() {
    return takenBack;
  }

  /** Calls that ran to their end though their caller had left. */
  public long wasted() {
    return wasted.count;
  }

  /** For how long calls ran whose callers had left by the end. */
  public long wastedNanos() {
    return wasted.nanos;
  }

  /** Runs, of whatever batch. */
  public long executions() {
    return executions;
  }

  /** Rows that ran. */
  public long rows() {
    return rows;
  }

  /** What the call ModelStatistics says of it. */
  public ModelStatistics describe(String name, String version) {
    var told =
        ModelStatistics.newBuilder()
            .setName(name)
            .setVersion(version)
            .setLastInference(lastMillis)
            .setInferenceCount(rows)
            .setExecutionCount(executions)
            .setInferenceStats(
                InferStatistics.newBuilder()
                    .setSuccess(succeeded.told())
                    .setFail(failed.told())
                    .setQueue(waited.told())
                    .setComputeInput(computed.none())
                    .setComputeInfer(computed.told())
                    .setComputeOutput(computed.none())
                    .setCacheHit(StatisticDuration.getDefaultInstance())
                    .setCacheMiss(StatisticDuration.getDefaultInstance()));
    runs.forEach(
        (size, counted) ->
            told.addBatchStats(
                InferBatchStatistics.newBuilder()
                    .setBatchSize(size)
                    .setComputeInput(counted.none())
                    .setComputeInfer(counted.told())
                    .setComputeOutput(counted.none())));
    return told.build();
  }
}
