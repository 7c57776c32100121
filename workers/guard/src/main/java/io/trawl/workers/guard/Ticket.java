package io.trawl.workers.guard;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to make one call. Whoever holds it ends it, on any thread; the first ending counts and
 * later ones change nothing, so a deadline, a caller that leaves and a late answer may all try.
 */
public final class Ticket implements Admission {

  private final ResilienceGuard guard;
  private final long generation;
  private final long startNanos;
  private final AtomicBoolean ended = new AtomicBoolean();

  Ticket(ResilienceGuard guard, long generation, long startNanos) {
    this.guard = guard;
    this.generation = generation;
    this.startNanos = startNanos;
  }

  /** The called one did its work. True if this was the first ending. */
  public boolean succeeded() {
    return end(Ending.SUCCEEDED);
  }

  /** The called one did not do its work, or not in time. True if this was the first ending. */
  public boolean failed() {
    return end(Ending.FAILED);
  }

  /** The call says nothing of the called one. True if this was the first ending. */
  public boolean dropped() {
    return end(Ending.DROPPED);
  }

  /** True if this was the first ending. */
  public boolean end(Ending ending) {
    var first = ended.compareAndSet(false, true);
    if (first) {
      guard.ended(ending, generation, startNanos);
    }
    return first;
  }
}
