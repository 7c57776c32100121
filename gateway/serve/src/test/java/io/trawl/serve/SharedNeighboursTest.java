package io.trawl.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A batch asks for each item's neighbours once, whoever asks first and however it ends. */
class SharedNeighboursTest {

  private static final Deadline LATEST = new Deadline(1000);

  private final List<int[]> fetches = new ArrayList<>();
  private final List<Promise<int[][]>> open = new ArrayList<>();
  private final SharedNeighbours shared =
      new SharedNeighbours(
          (ordinals, _, deadline) -> {
            assertEquals(LATEST, deadline);
            fetches.add(ordinals);
            Promise<int[][]> promise = Promise.promise();
            open.add(promise);
            return promise.future();
          },
          LATEST);

  @Test
  void asksOnceForWhatTwoSearchesWant() {
    var first = ask(1, 2);
    var second = ask(2, 3);
    assertArrayEquals(new int[] {1, 2}, fetches.get(0));
    assertArrayEquals(new int[] {3}, fetches.get(1));
    answer(0);
    assertArrayEquals(new int[][] {{10}, {20}}, first.result());
    assertFalse(second.isComplete());
    answer(1);
    assertArrayEquals(new int[][] {{20}, {30}}, second.result());

    assertTrue(ask(3, 1).succeeded());
    assertEquals(2, fetches.size());
    assertEquals(6, shared.asked());
    assertEquals(3, shared.fetched());
  }

  @Test
  void anotherCountIsAnotherQuestion() {
    ask(1);
    shared.neighbours(new int[] {1}, 9, new Deadline(1));
    assertEquals(2, fetches.size());
  }

  @Test
  void aFetchThatFailsIsForgotten() {
    var first = ask(1);
    var second = ask(1);
    open.getFirst().fail("away");
    assertTrue(first.failed() && second.failed());
    var third = ask(1);
    answer(1);
    assertArrayEquals(new int[][] {{10}}, third.result());
  }

  private Future<int[][]> ask(int... ordinals) {
    return shared.neighbours(ordinals, 5, new Deadline(1));
  }

  private void answer(int fetch) {
    open.get(fetch)
        .complete(
            Arrays.stream(fetches.get(fetch))
                .mapToObj(o -> new int[] {o * 10})
                .toArray(int[][]::new));
  }
}
