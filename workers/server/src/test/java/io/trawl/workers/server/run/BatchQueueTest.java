package io.trawl.workers.server.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.server.run.BatchQueue.Step;
import io.trawl.workers.server.run.BatchQueue.Ticket;
import io.trawl.workers.server.run.BatchingPolicy.QueuePolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Who runs with whom, who waits, and who is refused. At stake: a wrong batch mixes shapes or grows
 * beyond what the model takes, and a forgotten request hangs for ever.
 */
final class BatchQueueTest {
  private static final QueuePolicy PATIENT = new QueuePolicy(100, false, 0, false);

  private long now = -5_000; // System.nanoTime() may be negative too.
  private BatchQueue<String> queue = new BatchQueue<>(BatchingPolicy.unbatched(PATIENT), now);

  private void given(BatchingPolicy policy) {
    queue = new BatchQueue<>(policy, now);
  }

  private static BatchingPolicy dynamic(int max, List<Integer> preferred, long delay) {
    return new BatchingPolicy(true, max, preferred, delay, PATIENT);
  }

  private static BatchingPolicy dynamic(QueuePolicy policy) {
    return new BatchingPolicy(true, 4, List.of(), 0, policy);
  }

  private boolean offer(String name, int rows) {
    return offer(name, new Ticket(rows, "same", 0, BatchQueue.NEVER));
  }

  private boolean offer(String name, Ticket ticket) {
    return queue.offer(name, ticket, now);
  }

  private void pass(long nanos) {
    now += nanos;
  }

  private Step<String> step() {
    return queue.step(now, true);
  }

  private Step<String> stepWhileBusy() {
    return queue.step(now, false);
  }

  /**
   * Rows of the waiting requests, in order; the largest batch; preferred sizes; the queue delay;
   * how long ago all came. Then how many run at once, and how long to wait if none does.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Without a delay, what is there runs.
        "1           | 4 |     | 0  | 0  | 1 | -1",
        "1,1,1       | 4 |     | 0  | 0  | 3 | -1",
        "1,1,1,1,1   | 4 |     | 0  | 0  | 4 | -1",
        "3,2         | 4 |     | 0  | 0  | 1 | -1",
        "4,4         | 4 |     | 0  | 0  | 1 | -1",
        // Without a delay, the largest preferred size that is reached.
        "1,1,1,1,1   | 8 | 2,4 | 0  | 0  | 4 | -1",
        "1,1,1       | 8 | 2,4 | 0  | 0  | 2 | -1",
        "1           | 8 | 2,4 | 0  | 0  | 1 | -1",
        // With a delay, a preferred size runs at once, others wait for company.
        "1,1         | 8 | 2,4 | 50 | 0  | 2 | -1",
        "1           | 8 | 2,4 | 50 | 0  | 0 | 50",
        "1           | 8 | 2,4 | 50 | 20 | 0 | 30",
        "1           | 8 | 2,4 | 50 | 50 | 1 | -1",
        "1,1,1       | 8 | 4   | 50 | 0  | 0 | 50",
        "1,1,1       | 8 | 4   | 50 | 60 | 3 | -1",
        // Once the delay is over everything runs, preferred or not.
        "1,1,1       | 8 | 2   | 50 | 50 | 3 | -1",
        // A full batch does not wait; nor one that the next request does not fit.
        "1,1,1,1     | 4 |     | 50 | 0  | 4 | -1",
        "3,2         | 4 |     | 50 | 0  | 1 | -1",
        // What would jump over the largest preferred size runs as it stands.
        "3,3         | 8 | 4   | 50 | 0  | 1 | -1",
      })
  void choosesABatch(
      String rows, int max, String preferred, long delay, long age, int runs, long waits) {
    given(dynamic(max, numbers(preferred), delay));
    List<Integer> requests = numbers(rows);
    for (int i = 0; i < requests.size(); i++) {
      assertTrue(offer("r" + i, requests.get(i)));
    }
    pass(age);

    Step<String> step = step();

    assertEquals(runs, step.batch().size());
    for (int i = 0; i < runs; i++) {
      assertEquals("r" + i, step.batch().get(i));
    }
    assertEquals(waits < 0 ? BatchQueue.NEVER : waits, step.wakeAfterNanos());
    assertEquals(requests.size() - runs, queue.size());
  }

  private static List<Integer> numbers(@org.jspecify.annotations.Nullable String list) {
    return list == null
        ? List.of()
        : List.of(list.split(",")).stream().map(String::strip).map(Integer::valueOf).toList();
  }

  @Test
  void runsOneAtATimeWithoutDynamicBatching() {
    offer("a", 1);
    offer("b", 1);
    assertEquals(List.of("a"), step().batch());
    assertEquals(List.of("b"), step().batch());
  }

  @Test
  void neverMixesKinds() {
    given(dynamic(8, List.of(), 50));
    offer("a", new Ticket(1, "short", 0, BatchQueue.NEVER));
    offer("b", new Ticket(1, "short", 0, BatchQueue.NEVER));
    offer("c", new Ticket(1, "long", 0, BatchQueue.NEVER));
    offer("d", new Ticket(1, "short", 0, BatchQueue.NEVER));

    assertEquals(List.of("a", "b"), step().batch());
    assertEquals(List.of("c"), step().batch());
    assertEquals(List.of(), step().batch());
    pass(50);
    assertEquals(List.of("d"), step().batch());
  }

  @Test
  void decidesNothingWhileAllInstancesAreBusy() {
    given(dynamic(4, List.of(), 0));
    offer("a", 1);
    assertEquals(List.of(), stepWhileBusy().batch());
    assertEquals(1, queue.size());
  }

  @Test
  void refusesWhenFull() {
    given(dynamic(new QueuePolicy(2, false, 0, false)));
    assertTrue(offer("a", 1));
    assertTrue(offer("b", 1));
    assertFalse(offer("c", 1));
    step();
    assertTrue(offer("c", 1));
  }

  @Test
  void refusesWhoWaitedTooLong() {
    given(dynamic(new QueuePolicy(10, false, 100, false)));
    offer("a", 1);
    pass(60);
    offer("b", 1);
    assertEquals(40, stepWhileBusy().wakeAfterNanos());
    pass(40);

    Step<String> step = stepWhileBusy();

    assertEquals(List.of("a"), step.timedOut());
    assertEquals(60, step.wakeAfterNanos());
    assertEquals(List.of("b"), step().batch());
  }

  @Test
  void delaysWhoWaitedTooLongBehindAllOthers() {
    given(new BatchingPolicy(false, 1, List.of(), 0, new QueuePolicy(10, true, 100, false)));
    offer("a", 1);
    offer("b", 1);
    pass(99);
    offer("c", 1);
    pass(1);

    assertEquals(List.of("c"), step().batch());
    offer("d", 1);
    assertEquals(List.of("d"), step().batch());
    assertEquals(List.of("a"), step().batch());
    assertEquals(List.of("b"), step().batch());
    assertEquals(BatchQueue.NEVER, step().wakeAfterNanos());
  }

  @Test
  void countsTheDelayedAmongTheWaiting() {
    given(dynamic(new QueuePolicy(2, true, 10, false)));
    offer("a", 1);
    pass(10);
    stepWhileBusy();
    assertTrue(offer("b", 1));
    assertFalse(offer("c", 1));
  }

  @Test
  void lateIsWhoseDeadlineHasPassed() {
    given(dynamic(new QueuePolicy(10, true, 10, false)));
    offer("a", new Ticket(1, "same", 0, 30));
    pass(10);
    assertEquals(20, stepWhileBusy().wakeAfterNanos());
    pass(20);
    assertEquals(List.of("a"), stepWhileBusy().late());
    assertEquals(0, queue.size());
  }

  @ParameterizedTest
  @CsvSource({
    // default, may override, asked for: waits
    "100, true,  40,  40",
    "100, true,  400, 100",
    "100, true,  0,   100",
    "100, false, 40,  100",
    "0,   true,  40,  -1",
  })
  void aRequestMayOnlyShortenTheTimeout(long byDefault, boolean may, long asked, long waits) {
    given(dynamic(new QueuePolicy(10, false, byDefault, may)));
    offer("a", new Ticket(1, "same", asked, BatchQueue.NEVER));
    assertEquals(waits < 0 ? BatchQueue.NEVER : waits, stepWhileBusy().wakeAfterNanos());
  }

  @Test
  void forgetsTheCancelled() {
    offer("a", 1);
    offer("b", 1);
    assertTrue(queue.remove("a"));
    assertFalse(queue.remove("a"));
    assertEquals(List.of("b"), step().batch());
  }

  @Test
  void clearsOldestFirst() {
    given(dynamic(new QueuePolicy(10, true, 10, false)));
    offer("a", 1);
    pass(10);
    stepWhileBusy();
    offer("b", 1);
    assertEquals(List.of("b", "a"), queue.clear());
    assertEquals(0, queue.size());
    assertEquals(BatchQueue.NEVER, step().wakeAfterNanos());
  }

  /** Whatever is offered, whenever, each request leaves once, and batches keep their bounds. */
  @Test
  void losesNothingAndMixesNothing() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      String where = "seed " + seed + " round " + round;
      int max = 1 + random.nextInt(8);
      List<Integer> preferred = random.nextBoolean() ? List.of() : List.of(1 + random.nextInt(max));
      QueuePolicy waiting =
          new QueuePolicy(1 + random.nextInt(20), random.nextBoolean(), random.nextInt(50), true);
      given(new BatchingPolicy(true, max, preferred, random.nextInt(30), waiting));
      Set<String> open = new HashSet<>();
      for (int i = 0; i < 100; i++) {
        // The name says rows and kind, so that a batch can be judged from its names.
        int rows = 1 + random.nextInt(max);
        int kind = random.nextInt(2);
        String name = i + ":" + rows + ":" + kind;
        Ticket ticket = new Ticket(rows, kind, random.nextInt(40), 1 + random.nextInt(200));
        if (offer(name, ticket)) {
          open.add(name);
        }
        pass(random.nextInt(10));
        leave(open, max, queue.step(now, random.nextInt(3) == 0), where);
      }
      for (int i = 0; i < 300 && !open.isEmpty(); i++) {
        Step<String> step = step();
        leave(open, max, step, where);
        pass(step.wakeAfterNanos() == BatchQueue.NEVER ? 0 : step.wakeAfterNanos());
      }
      assertEquals(Set.of(), open, where);
      assertEquals(0, queue.size(), where);
    }
  }

  private static void leave(Set<String> open, int max, Step<String> step, String where) {
    int rows = 0;
    Set<String> kinds = new HashSet<>();
    for (String name : step.batch()) {
      rows += Integer.parseInt(name.split(":")[1]);
      kinds.add(name.split(":")[2]);
    }
    assertTrue(rows <= max && kinds.size() <= 1, () -> where + " batch " + step.batch());
    List<String> leaving = new ArrayList<>(step.batch());
    leaving.addAll(step.timedOut());
    leaving.addAll(step.late());
    for (String name : leaving) {
      assertTrue(open.remove(name), () -> where + " left twice: " + name);
    }
  }
}
