package io.trawl.app.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What was begun ends, in the reverse order, whatever throws on the way. */
class NodePartTest {

  private final List<String> seen = new ArrayList<>();

  private NodePart part(String name) {
    return new NodePart(name, step("start " + name), step("close " + name));
  }

  private Supplier<Future<?>> step(String what) {
    return () -> {
      seen.add(what);
      return Future.succeededFuture();
    };
  }

  private Supplier<Future<?>> throwing(Throwable thrown) {
    return () -> {
      switch (thrown) {
        case RuntimeException failed -> throw failed;
        case Error broken -> throw broken;
        default -> throw new AssertionError(thrown);
      }
    };
  }

  @Test
  void startsInOrderAndEndsInTheReverseOne() {
    var parts = List.of(part("a"), part("b"), part("c"));
    assertTrue(NodePart.start(parts).succeeded());
    assertTrue(NodePart.close(parts).succeeded());
    assertEquals(List.of("start a", "start b", "start c", "close c", "close b", "close a"), seen);
  }

  @Test
  void eachWaitsForTheOneBefore() {
    Promise<Void> first = Promise.promise();
    var started =
        NodePart.start(
            List.of(new NodePart("a", first::future, Future::succeededFuture), part("b")));
    assertEquals(List.of(), seen);
    first.complete();
    assertEquals(List.of("start b"), seen);
    assertTrue(started.succeeded());
  }

  @Test
  void whatThrowsAtTheStartEndsWhatWasThere() {
    for (var thrown :
        List.of(new IllegalStateException("expected"), new AssertionError("expected"))) {
      seen.clear();
      var broken = new NodePart("b", throwing(thrown), step("close b"));
      var started = NodePart.start(List.of(part("a"), broken, part("c")));
      assertSame(thrown, started.cause());
      assertEquals(List.of("start a", "close c", "close b", "close a"), seen);
    }
  }

  @Test
  void whatThrowsAtTheEndKeepsNoOtherPartFromEnding() {
    for (var thrown :
        List.of(new IllegalStateException("expected"), new AssertionError("expected"))) {
      seen.clear();
      var broken = new NodePart("b", step("start b"), throwing(thrown));
      assertTrue(NodePart.close(List.of(part("a"), broken, part("c"))).succeeded());
      assertEquals(List.of("close c", "close a"), seen);
    }
  }
}
