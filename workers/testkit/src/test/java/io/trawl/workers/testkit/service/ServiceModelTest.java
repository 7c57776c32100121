package io.trawl.workers.testkit.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.InferStatistics;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.protocol.StatisticDuration;
import io.trawl.workers.testkit.service.ServiceModel.Submitted;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceModelTest {

  private static final long RUN = 10;

  private final HandClock clock = new HandClock();
  private final long begin = clock.nanos();
  private final List<String> heard = new ArrayList<>();

  @Test
  void callsRunOneAfterTheOtherAndAsManyAsThereAreInstances() {
    ServiceModel model = model(ServiceOptions.instances(2));
    submit(model, "a", Work.ofRows(1));
    submit(model, "b", Work.ofRows(1));
    submit(model, "c", Work.ofRows(1));
    assertEquals(2, model.running());
    assertEquals(1, model.waiting());
    advance(100);
    assertEquals(List.of("a RAN at 10", "b RAN at 10", "c RAN at 20"), heard);
  }

  @Test
  void whoeverWaitsRunsTogetherWhereShapesAreEqual() {
    ServiceModel model = model(ServiceOptions.instances(1).withMaxRows(4));
    submit(model, "first", Work.ofRows(1));
    submit(model, "a", Work.ofRows(1).withShape(7));
    submit(model, "b", Work.ofRows(2).withShape(7));
    submit(model, "too many", Work.ofRows(2).withShape(7));
    submit(model, "other", Work.ofRows(1).withShape(8));
    advance(100);
    assertEquals(
        List.of(
            "first RAN at 10",
            "a RAN at 20",
            "b RAN at 20",
            "too many RAN at 30",
            "other RAN at 40"),
        heard);
  }

  @Test
  void aFullQueueRefusesAtOnce() {
    ServiceModel model = model(ServiceOptions.instances(1).withQueue(1));
    submit(model, "a", Work.ofRows(1));
    submit(model, "b", Work.ofRows(1));
    submit(model, "c", Work.ofRows(1));
    assertEquals(List.of("c QUEUE_FULL at 0"), heard);
    advance(10);
    submit(model, "d", Work.ofRows(1));
    advance(100);
    assertEquals(List.of("c QUEUE_FULL at 0", "a RAN at 10", "b RAN at 20", "d RAN at 30"), heard);
  }

  @Test
  void aTimeoutEndsTheWaitAndNoRun() {
    ServiceModel model = model(ServiceOptions.instances(1));
    submit(model, "runs", Work.ofRows(1).withQueueTimeout(Duration.ofNanos(1)));
    submit(model, "impatient", Work.ofRows(1).withQueueTimeout(Duration.ofNanos(3)));
    submit(model, "patient", Work.ofRows(1).withQueueTimeout(Duration.ofNanos(11)));
    advance(100);
    assertEquals(
        List.of("impatient QUEUE_TIMEOUT at 3", "runs RAN at 10", "patient RAN at 20"), heard);
    assertEquals(0, clock.pending());
  }

  @Test
  void whoLeavesTheQueueIsNotRun() {
    ServiceModel model = model(ServiceOptions.instances(1));
    submit(model, "a", Work.ofRows(1));
    Submitted leaving = submit(model, "b", Work.ofRows(1));
    submit(model, "c", Work.ofRows(1));
    leaving.takeBack();
    leaving.takeBack();
    assertEquals(1, model.waiting());
    advance(100);
    assertEquals(List.of("a RAN at 10", "c RAN at 20"), heard);
    assertEquals(1, model.stats().takenBack());
    assertEquals(0, model.stats().wasted());
    assertEquals(2, model.stats().executions());
  }

  @Test
  void whoLeavesARunLetsItEndForNobody() {
    ServiceModel model = model(ServiceOptions.instances(1));
    Submitted leaving = submit(model, "a", Work.ofRows(1));
    submit(model, "b", Work.ofRows(1));
    advance(4);
    leaving.takeBack();
    advance(100);
    leaving.takeBack();
    assertEquals(List.of("b RAN at 20"), heard);
    assertEquals(1, model.stats().wasted());
    assertEquals(RUN, model.stats().wastedNanos());
    assertEquals(0, model.stats().takenBack());
    assertEquals(1, model.stats().ended(Ended.RAN));
  }

  @Test
  void stoppedItFinishesWhatItHasAndRefusesWhatIsNew() {
    ServiceModel model = model(ServiceOptions.instances(1));
    submit(model, "runs", Work.ofRows(1));
    submit(model, "impatient", Work.ofRows(1).withQueueTimeout(Duration.ofNanos(3)));
    submit(model, "waits", Work.ofRows(1));
    Future<Void> idle = model.stop();
    submit(model, "new", Work.ofRows(1));
    advance(19);
    assertEquals(
        List.of("new STOPPING at 0", "impatient QUEUE_TIMEOUT at 3", "runs RAN at 10"), heard);
    assertFalse(idle.isComplete());
    advance(1);
    assertEquals("waits RAN at 20", heard.getLast());
    assertTrue(idle.isComplete());
  }

  @Test
  void stoppedWithNothingToDoItIsIdleAtOnce() {
    assertTrue(model(ServiceOptions.instances(1)).stop().isComplete());
  }

  @Test
  void whatAStoppedOneWaitsForMayLeave() {
    ServiceModel model = model(ServiceOptions.instances(1));
    Submitted runs = submit(model, "a", Work.ofRows(1));
    Submitted waits = submit(model, "b", Work.ofRows(1));
    Future<Void> idle = model.stop();
    runs.takeBack();
    waits.takeBack();
    assertFalse(idle.isComplete());
    advance(10);
    assertTrue(idle.isComplete());
    assertEquals(List.of(), heard);
  }

  @Test
  void pausedItSaysNothingAndResumedItGoesOn() {
    ServiceModel model = model(ServiceOptions.instances(1));
    submit(model, "runs", Work.ofRows(1));
    submit(model, "impatient", Work.ofRows(1).withQueueTimeout(Duration.ofNanos(3)));
    model.pause();
    submit(model, "new", Work.ofRows(1));
    submit(model, "leaves", Work.ofRows(1)).takeBack();
    advance(1_000);
    assertEquals(List.of(), heard);
    model.resume();
    advance(100);
    assertEquals(
        List.of("impatient QUEUE_TIMEOUT at 1000", "runs RAN at 1000", "new RAN at 1010"), heard);
    assertEquals(0, model.stats().takenBack());
  }

  @Test
  void ofACallThatIsTakenBackWhileItsEndIsUnheardNothingIsTold() {
    ServiceModel model = model(ServiceOptions.instances(1));
    Submitted runs = submit(model, "runs", Work.ofRows(1));
    model.pause();
    advance(20);
    runs.takeBack();
    model.resume();
    assertEquals(List.of(), heard);
    assertEquals(1, model.stats().wasted());
  }

  @Test
  void whoeverAsksAgainWhenToldComesBehindWhoeverWaits() {
    ServiceModel model = model(ServiceOptions.instances(1));
    model.submit(Work.ofRows(1), _ -> submit(model, "again", Work.ofRows(1)));
    submit(model, "waits", Work.ofRows(1));
    advance(100);
    assertEquals(List.of("waits RAN at 20", "again RAN at 30"), heard);
  }

  @Test
  void moreRowsThanABatchHoldsAreTheCallersFault() {
    ServiceModel model = model(ServiceOptions.instances(1).withMaxRows(2));
    assertThrows(IllegalArgumentException.class, () -> submit(model, "a", Work.ofRows(3)));
  }

  @Test
  void itCountsAsTritonDoes() {
    ServiceModel model = model(ServiceOptions.instances(1).withQueue(2).withMaxRows(4));
    submit(model, "a", Work.ofRows(1));
    submit(model, "b", Work.ofRows(1));
    submit(model, "c", Work.ofRows(2));
    submit(model, "refused", Work.ofRows(1));
    advance(100);
    ModelStatistics told = model.stats().describe("m", "1");
    assertEquals("m", told.getName());
    assertEquals(4, told.getInferenceCount());
    assertEquals(2, told.getExecutionCount());
    assertEquals((begin + 20) / 1_000_000, told.getLastInference());
    InferStatistics calls = told.getInferenceStats();
    assertEquals(counted(3, 10 + 20 + 20), calls.getSuccess());
    assertEquals(counted(3, 10 + 10), calls.getQueue());
    assertEquals(counted(3, 30), calls.getComputeInfer());
    assertEquals(counted(3, 0), calls.getComputeInput());
    assertEquals(counted(1, 0), calls.getFail());
    assertEquals(2, told.getBatchStatsCount());
    assertEquals(1, told.getBatchStats(0).getBatchSize());
    assertEquals(3, told.getBatchStats(1).getBatchSize());
    assertEquals(counted(1, 10), told.getBatchStats(1).getComputeInfer());
  }

  @Test
  void timesAreDrawnAloneFromTheSeed() {
    assertEquals(drawn(3), drawn(3));
    assertFalse(drawn(3).equals(drawn(4)));
    double mean = drawn(3).stream().mapToLong(Long::longValue).average().orElseThrow();
    assertEquals(1_000, mean, 100);
  }

  private static List<Long> drawn(long seed) {
    ServiceTime time = ServiceTime.exponential(Duration.ofNanos(1_000), seed);
    List<Long> drawn = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      drawn.add(time.nanos(List.of(Work.ofRows(1))));
    }
    return drawn;
  }

  private static StatisticDuration counted(long count, long nanos) {
    return StatisticDuration.newBuilder().setCount(count).setNs(nanos).build();
  }

  private ServiceModel model(ServiceOptions options) {
    ServiceTime time = ServiceTime.fixed(Duration.ofNanos(RUN));
    return new ServiceModel(options, Runner.timed(time, clock), clock, clock, clock);
  }

  private Submitted submit(ServiceModel model, String name, Work work) {
    return model.submit(
        work, ended -> heard.add("%s %s at %d".formatted(name, ended, clock.nanos() - begin)));
  }

  private void advance(long nanos) {
    clock.advance(Duration.ofNanos(nanos));
  }
}
