package io.trawl.milvus.neighbours;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readiness waits for what it says: it must say something by its deadline. */
class PinnedItemsTest {

  private static final Ticker TICKER = () -> 0;

  @Test
  void saysByItsDeadlineWhyNothingIsFound(@TempDir Path directory) {
    var vertx = Vertx.vertx();
    var registry = new SimpleMeterRegistry();
    try (var server = FakeMilvus.start("2.6.4", 0);
        var space = Space.open(TinySpace.write(directory), Verification.SIZES)) {
      var options = MilvusOptions.administering(server.endpoint(), "", Duration.ofMinutes(10));
      var connection = MilvusConnection.create(vertx, options, TICKER, registry);
      await(connection.start());
      var items = new PinnedItems(connection, space, "", TICKER, registry);

      server.now(new FakeMilvus.Habit.Hangs());
      assertEquals(Optional.of("Milvus took too long"), said(items, Duration.ofMillis(50)));
      assertEquals(1, server.hanging());
      assertEquals(Optional.of("Milvus took too long"), said(items, Duration.ZERO));
      assertEquals(1, server.hanging());

      server.now(new FakeMilvus.Habit.Answers());
      assertEquals(
          Optional.of(
              "there is no collection or alias tiny; there is no collection or alias tiny_v1"),
          said(items, Duration.ofMinutes(1)));
      await(connection.close());
    }
    await(vertx.close());
  }

  private static Optional<String> said(PinnedItems items, Duration within) {
    return await(items.disagreement(Deadline.after(within, TICKER)));
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
