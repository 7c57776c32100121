package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.testkit.RealMilvus;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Spaces are switched in the middle of the day. The second version's scores are four times the
 * first one's: an answer made of both would show.
 */
class SpaceSwitchLoadTest {

  private static final int REQUESTS = 2_000;
  private static final int SWITCHES = 5;

  @Test
  void noRequestFailsAndNoneIsMixed(@TempDir Path folder) throws Exception {
    try (var gateway = SwitchedGateway.alone(folder)) {
      switchUnderLoad(gateway, _ -> {});
    }
  }

  /** The same with the neighbours out of the real Milvus, whose alias moves before each switch. */
  @Test
  @EnabledIfSystemProperty(named = "trawl.servers", matches = "true")
  void neitherFailsWithMilvusAndItsAlias(@TempDir Path folder) throws Exception {
    var milvus = RealMilvus.shared();
    try (var store = new MilvusStore(milvus.endpoint());
        var one = Space.open(SwitchedGateway.FIRST, Verification.SIZES);
        var two = Space.open(SwitchedGateway.second(folder), Verification.SIZES)) {
      store.load(one);
      store.load(two);
      store.verify(one);
      store.activate(one);
      try (var gateway = SwitchedGateway.with(milvus, folder)) {
        switchUnderLoad(
            gateway,
            next -> {
              if (!store.verified(two)) {
                store.verify(two);
              }
              store.activate(next.equals(SwitchedGateway.FIRST) ? one : two);
            });
      }
    }
  }

  private static void switchUnderLoad(SwitchedGateway gateway, Consumer<Path> beforeSwitch)
      throws Exception {
    var switched = new AtomicBoolean();
    var load = gateway.begin(REQUESTS, switched::get);
    for (var i = 0; i < SWITCHES; i++) {
      beforeSwitch.accept(gateway.next());
      gateway.goOver();
    }
    switched.set(true);
    load.end();
    var answered = gateway.answered();
    assertTrue(answered.values().stream().mapToInt(AtomicInteger::get).sum() >= REQUESTS);
    assertEquals(2, answered.size(), answered.toString());
  }
}
