package io.trawl.serve.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A caller that leaves must end its work exactly once, and finished work must not be undone. */
class CancellationTest {

  private final Cancellation cancellation = new Cancellation();
  private final List<String> undone = new ArrayList<>();

  @Test
  void firesEachListenerOnce() {
    cancellation.onCancel(() -> undone.add("call"));
    cancellation.onCancel(() -> undone.add("search"));
    assertFalse(cancellation.cancelled());

    cancellation.cancel();
    cancellation.cancel();

    assertTrue(cancellation.cancelled());
    assertEquals(List.of("call", "search"), undone);
  }

  @Test
  void aListenerThatThrowsKeepsNoneOfTheOthersFromHearing() {
    cancellation.onCancel(
        () -> {
          throw new AssertionError("a bug");
        });
    cancellation.onCancel(() -> undone.add("search"));
    assertThrows(AssertionError.class, cancellation::cancel);
    assertEquals(List.of("search"), undone);
  }

  @Test
  void aListenerThatComesLateRunsAtOnce() {
    cancellation.cancel();
    cancellation.onCancel(() -> undone.add("call"));
    assertEquals(List.of("call"), undone);
  }

  @Test
  void whatWasTakenBackIsNotUndone() {
    cancellation.onCancel(() -> undone.add("call")).close();
    cancellation.cancel();
    assertEquals(List.of(), undone);
  }
}
