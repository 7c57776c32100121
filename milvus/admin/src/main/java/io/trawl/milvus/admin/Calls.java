package io.trawl.milvus.admin;

import io.trawl.milvus.neighbours.MilvusCallFailed;
import io.vertx.core.Future;
import java.util.concurrent.ExecutionException;

/** Waits for calls: administration runs on a thread of its own, never on an event loop. */
final class Calls {

  private Calls() {}

  /**
   * @throws AdminFailed with the call's own sentence
   */
  static <T> T await(Future<T> call) {
    try {
      return call.toCompletionStage().toCompletableFuture().get();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new AdminFailed("interrupted");
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof MilvusCallFailed known) {
        throw new AdminFailed(known.failure().text());
      }
      throw new IllegalStateException(failed.getCause());
    }
  }
}
