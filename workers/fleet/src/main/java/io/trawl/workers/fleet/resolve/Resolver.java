package io.trawl.workers.fleet.resolve;

import io.vertx.core.Future;
import java.util.function.Consumer;

/**
 * Knows where the workers are, and hears when that changes.
 *
 * <p>What it tells is always the whole: who is not in it is gone. A failure to learn is no change:
 * the last that was known stays, and the failure is counted and logged.
 */
public interface Resolver {

  /**
   * Begins to look, and tells of the first that is known and of every change after it.
   *
   * @param told of one {@link Located} after the other, never of two at once, on no thread that is
   *     promised; it never throws
   * @return complete when it looks; whether anything is known by then is not said
   */
  Future<Void> start(Consumer<Located> told);

  /** Ends looking; nothing is told after it. */
  Future<Void> close();
}
