package io.trawl.workers.wire;

import org.jspecify.annotations.Nullable;

/** Takes the messages of an answer, one by one as they come, on the context of the call. */
@FunctionalInterface
public interface GrpcMessages {

  /**
   * Takes the next one.
   *
   * @return what is wrong with it, which ends the call as {@link GrpcOutcome.Malformed}; null if
   *     nothing is. What it throws ends the call too, and fails its outcome
   */
  @Nullable String take(HeapBytes message);
}
