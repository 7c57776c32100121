package io.trawl.serve;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/**
 * Counts the uses of a thing that must not be closed under its users. Safe for use by several
 * threads.
 */
final class Uses {

  private final Promise<Void> unused = Promise.promise();
  private int count;
  private boolean closed;

  /** Begins a use, to be ended once; false when no new ones are taken. */
  synchronized boolean begin() {
    if (closed) {
      return false;
    }
    count++;
    return true;
  }

  void end() {
    boolean last;
    synchronized (this) {
      if (count == 0) {
        throw new IllegalStateException("more uses ended than begun");
      }
      count--;
      last = closed && count == 0;
    }
    if (last) {
      unused.complete();
    }
  }

  /** Counts work as a use of its own until it is over, whoever still waits for it by then. */
  <T> Future<T> until(Supplier<Future<T>> work) {
    if (!begin()) {
      return Future.failedFuture(new IllegalStateException("closed"));
    }
    return begun(work);
  }

  /** The same inside of a use that lasts: it may go on after that one has ended. */
  <T> Future<T> within(Supplier<Future<T>> work) {
    synchronized (this) {
      if (count == 0) {
        throw new IllegalStateException("no use lasts");
      }
      count++;
    }
    return begun(work);
  }

  private <T> Future<T> begun(Supplier<Future<T>> work) {
    Future<T> begun;
    try {
      begun = work.get();
    } catch (RuntimeException | Error broken) {
      end();
      throw broken;
    }
    return begun.onComplete(_ -> end());
  }

  synchronized int count() {
    return count;
  }

  /** Takes no new uses; completes when the last one has ended. */
  Future<Void> close() {
    boolean none;
    synchronized (this) {
      none = !closed && count == 0;
      closed = true;
    }
    if (none) {
      unused.complete();
    }
    return unused.future();
  }
}
