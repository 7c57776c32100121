package io.trawl.workers.server.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelStatsTest {

  @Test
  void aCallerWhoSendsEverySizeOfBatchMakesBoundedStatistics() {
    var stats = new ModelStats(InstantSource.system());
    var run = new ModelInstance.Run(List.of(), 1, 1, 1);
    for (long rows = 1; rows <= 2 * ModelStats.MOST_SIZES; rows++) {
      stats.executed(rows, run);
    }
    stats.executed(1, run);
    var told = stats.describe("model", 1);
    assertEquals(ModelStats.MOST_SIZES, told.getBatchStatsCount());
    assertEquals(2, told.getBatchStats(0).getComputeInfer().getCount());
    assertEquals(2 * ModelStats.MOST_SIZES + 1, told.getExecutionCount());
  }
}
