package io.trawl.workers.server.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is read next, and what never. */
final class ReadingTest {
  /** What the threads have been given: so many at a time, and one here. */
  private final ArrayDeque<Runnable> threads = new ArrayDeque<>();

  private final List<String> read = new ArrayList<>();
  private final Reading reading = new Reading(threads::add, 1);

  private Reading.Read<String> read(String source, String name) {
    return reading.read(
        source,
        atOnce(),
        () -> name,
        read::add,
        failure -> {
          throw new AssertionError(failure);
        });
  }

  private void runAll() {
    while (!threads.isEmpty()) {
      threads.remove().run();
    }
  }

  @Test
  void sourcesTakeTurns() {
    for (int i = 0; i < 4; i++) {
      read("a", "a" + i);
    }
    read("b", "b0");
    read("c", "c0");
    read("b", "b1");
    assertEquals(1, threads.size(), "one at a time");
    runAll();
    assertEquals(List.of("a0", "a1", "b0", "c0", "a2", "b1", "a3"), read);
    read("a", "later");
    runAll();
    assertEquals("later", read.getLast());
  }

  @Test
  void soManyOfOneSourceMayWait() {
    read("a", "under way");
    for (int i = 0; i < Reading.MOST_WAITING_OF_SOURCE; i++) {
      read("a", "waits");
    }
    var refused = assertThrows(RequestException.class, () -> read("a", "one more")).failure();
    assertEquals(CallFailure.Code.RESOURCE_EXHAUSTED, refused.code());
    assertEquals(429, refused.httpStatus());
    assertEquals(
        "128 packed or large requests of this address wait to be read, and 128 in all;"
            + " expected fewer than 128 and 1024",
        refused.message());
    assertEquals(1, reading.refused());
    read("b", "of another");
    runAll();
    assertEquals(Reading.MOST_WAITING_OF_SOURCE + 2, read.size());
    assertEquals("of another", read.get(2));
  }

  @Test
  void soManyOfAllMayWait() {
    read("a", "under way");
    for (int i = 0; i < Reading.MOST_WAITING; i++) {
      read("a" + i % 16, "waits");
    }
    assertEquals(Reading.MOST_WAITING, reading.waiting());
    assertThrows(RequestException.class, () -> read("a3", "one more"));
    runAll();
    assertEquals(0, reading.waiting());
  }

  @Test
  void whoHasFewerTakesThePlaceOfTheLatestOfWhoHasMost() {
    read("z", "under way");
    List<Throwable> lost = new ArrayList<>();
    int sources = Reading.MOST_WAITING / Reading.MOST_WAITING_OF_SOURCE;
    for (int i = 0; i < Reading.MOST_WAITING; i++) {
      reading.read("a" + i % sources, atOnce(), () -> "waits", read::add, lost::add);
    }
    read("newcomer", "new");
    assertEquals(Reading.MOST_WAITING, reading.waiting());
    assertEquals(1, lost.size());
    assertEquals(
        CallFailure.Code.RESOURCE_EXHAUSTED, ((RequestException) lost.getFirst()).failure().code());
    assertEquals(1, reading.refused());
    runAll();
    assertEquals(Reading.MOST_WAITING + 1, read.size());
    assertTrue(read.contains("new"));
  }

  @Test
  void whatIsDroppedIsNeverRead() {
    var underWay = read("a", "under way");
    var dropped = read("a", "dropped");
    read("a", "kept");
    var alone = read("b", "alone");
    assertFalse(underWay.drop());
    assertTrue(dropped.drop());
    assertFalse(dropped.drop(), "once");
    assertTrue(alone.drop());
    assertEquals(1, reading.waiting());
    assertEquals(2, reading.dropped());
    runAll();
    assertEquals(List.of("under way", "kept"), read);
    assertFalse(underWay.drop(), "it has ended");
  }

  @Test
  void whatCannotBeReadLeavesItsThreadToOthers() {
    List<Throwable> failures = new ArrayList<>();
    var why = new IllegalStateException("made for a test");
    reading.read(
        "a",
        atOnce(),
        () -> {
          throw why;
        },
        _ -> read.add("never"),
        failures::add);
    read("a", "next");
    runAll();
    assertEquals(List.of(why), failures);
    assertEquals(List.of("next"), read);
  }

  @SuppressWarnings("unchecked")
  private static Context atOnce() {
    return (Context)
        Proxy.newProxyInstance(
            Context.class.getClassLoader(),
            new Class<?>[] {Context.class},
            (_, _, arguments) -> {
              ((Handler<Object>) arguments[0]).handle(null);
              return null;
            });
  }
}
