package io.trawl.serve.source;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Tells the work of one request that nobody waits for it any more. Fired at most once, by the edge;
 * work registers what has to be undone and takes it back when it is over. Safe for use by several
 * threads.
 */
public final class Cancellation {

  private final List<Runnable> listeners = new ArrayList<>(2);
  private boolean cancelled;

  /** Fires it; listeners run on this thread, once, all of them, whatever one of them throws. */
  public void cancel() {
    List<Runnable> run;
    synchronized (listeners) {
      if (cancelled) {
        return;
      }
      cancelled = true;
      run = List.copyOf(listeners);
      listeners.clear();
    }
    runAll(run.iterator());
  }

  private static void runAll(Iterator<Runnable> listeners) {
    while (listeners.hasNext()) {
      try {
        listeners.next().run();
      } catch (RuntimeException | Error broken) {
        runAll(listeners);
        throw broken;
      }
    }
  }

  public boolean cancelled() {
    synchronized (listeners) {
      return cancelled;
    }
  }

  /**
   * Runs {@code listener} when this fires, at once if it already has.
   *
   * @return takes the listener back; harmless when it has run
   */
  public Registration onCancel(Runnable listener) {
    synchronized (listeners) {
      if (!cancelled) {
        listeners.add(listener);
        return () -> remove(listener);
      }
    }
    listener.run();
    return () -> {};
  }

  private void remove(Runnable listener) {
    synchronized (listeners) {
      listeners.remove(listener);
    }
  }

  /** A listener's way back. */
  @FunctionalInterface
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
