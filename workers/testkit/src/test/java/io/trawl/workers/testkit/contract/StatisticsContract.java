package io.trawl.workers.testkit.contract;

import static io.trawl.workers.testkit.contract.OipContract.eventually;
import static io.trawl.workers.testkit.contract.OipContract.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.InferBatchStatistics;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.testkit.contract.OipCaller.Pending;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.trawl.workers.testkit.contract.OipSubject.Runs;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a server counts. */
interface StatisticsContract extends OipContract {

  @Test
  default void countsGrowByWhatWasSent() {
    needs(Feature.STATISTICS);
    long sevens = ofSize(7, statistics("identity_fp32"));
    grpc().infer(rows("identity_fp32", 1, 2, 3, 4, 5, 6, 7).build()).ok();
    // Nobody else sends seven rows: once they are counted, so is what others sent before.
    eventually(
        "seven rows are counted", () -> ofSize(7, statistics("identity_fp32")) == sevens + 1);
    ModelStatistics before = statistics("identity_fp32");
    grpc().infer(rows("identity_fp32", 1).build()).ok();
    grpc().infer(rows("identity_fp32", 1, 2, 3).build()).ok();
    ModelStatistics after = counted(before, 2);

    assertEquals("identity_fp32", after.getName());
    assertEquals("1", after.getVersion());
    assertEquals(4, after.getInferenceCount() - before.getInferenceCount());
    assertEquals(2, after.getExecutionCount() - before.getExecutionCount());
    var was = before.getInferenceStats();
    var is = after.getInferenceStats();
    assertEquals(2, is.getSuccess().getCount() - was.getSuccess().getCount());
    assertTrue(is.getSuccess().getNs() > was.getSuccess().getNs());
    assertEquals(2, is.getComputeInfer().getCount() - was.getComputeInfer().getCount());
    assertEquals(is.getSuccess().getCount(), is.getQueue().getCount());
    assertTrue(after.getLastInference() >= before.getLastInference());
    assertNotEquals(0, after.getLastInference());
    assertEquals(after.getExecutionCount(), executions(after.getBatchStatsList()));
  }

  @Test
  default void batchesAreCountedBySize() {
    needs(Feature.STATISTICS);
    Runs runs = gated();
    List<Pending<ModelInferResponse>> calls = new ArrayList<>();
    calls.add(occupy(runs));
    // What ran before is counted once the next run has begun.
    ModelStatistics before = statistics("gated");
    for (int i = 1; i <= 3; i++) {
      calls.add(grpc().startInfer(rows("gated", i).build()));
    }
    awaitArrivals();
    runs.release(2);
    assertEquals(3, runs.awaitNext());
    for (int i = 0; i < calls.size(); i++) {
      OipContract.assertRows(calls.get(i).await().ok(), i);
    }
    ModelStatistics after = counted(before, 2);
    assertEquals(4, after.getInferenceCount() - before.getInferenceCount());
    assertEquals(2, after.getExecutionCount() - before.getExecutionCount());
    assertEquals(1, ofSize(3, after) - ofSize(3, before));
  }

  @Test
  default void withoutANameAllModelsAreCounted() {
    needs(Feature.STATISTICS);
    List<String> names =
        grpc().statistics("").ok().getModelStatsList().stream()
            .map(ModelStatistics::getName)
            .toList();
    assertTrue(names.containsAll(List.of("add", "identity_fp32")), names::toString);
  }

  @Test
  default void aModelThatIsNotThereHasNoStatistics() {
    needs(Feature.STATISTICS);
    OipContract.assertRefused(
        GrpcStatus.INVALID_ARGUMENT,
        "requested model 'nope' is not available",
        grpc().statistics("nope"));
  }

  /** Triton's Python backend answers first and counts then. */
  private ModelStatistics counted(ModelStatistics before, long executions) {
    eventually(
        executions + " executions are counted",
        () ->
            statistics(before.getName()).getExecutionCount() - before.getExecutionCount()
                >= executions);
    return statistics(before.getName());
  }

  private static long executions(List<InferBatchStatistics> batches) {
    return batches.stream().mapToLong(batch -> batch.getComputeInfer().getCount()).sum();
  }

  private static long ofSize(long size, ModelStatistics statistics) {
    return executions(
        statistics.getBatchStatsList().stream()
            .filter(batch -> batch.getBatchSize() == size)
            .toList());
  }
}
