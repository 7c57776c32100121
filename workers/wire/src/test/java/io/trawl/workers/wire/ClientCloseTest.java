package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Whoever shuts a gateway down must not wait for a connection that nobody closes. */
class ClientCloseTest {

  private static final Duration NEVER = Duration.ofDays(1);

  @Test
  void aCloseThatNeverEndsIsGivenUp() {
    Promise<Void> lost = Promise.promise();
    assertNull(
        ClientClose.within(Duration.ofMillis(1), lost.future())
            .toCompletionStage()
            .toCompletableFuture()
            .join());
  }

  @Test
  void theEndOfACloseIsPassedOn() {
    Promise<Void> closing = Promise.promise();
    Future<Void> closed = ClientClose.within(NEVER, closing.future());
    assertFalse(closed.isComplete());
    closing.complete();
    assertTrue(closed.succeeded());
  }

  @Test
  void aFailureIsPassedOn() {
    var broken = new IllegalStateException("broken");
    assertSame(broken, ClientClose.within(NEVER, Future.failedFuture(broken)).cause());
  }
}
