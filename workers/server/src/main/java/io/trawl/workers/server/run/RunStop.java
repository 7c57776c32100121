package io.trawl.workers.server.run;

import org.jspecify.annotations.Nullable;

/**
 * By which a run is asked to end because nobody waits for it any more. Whoever started the run
 * asks, from any thread; whoever runs says how that is passed on. Asked once, it stays asked.
 */
public final class RunStop {
  private boolean asked;
  private @Nullable Runnable passing;

  /** Asks, as often as one likes. */
  public synchronized void ask() {
    asked = true;
    if (passing != null) {
      passing.run();
    }
  }

  public synchronized boolean asked() {
    return asked;
  }

  /** A run begins: what it does when it is asked, at once if it has been. It must not wait. */
  public synchronized void begin(Runnable whenAsked) {
    passing = whenAsked;
    if (asked) {
      whenAsked.run();
    }
  }

  /** The run is over: after this it is not told any more. */
  public synchronized void end() {
    passing = null;
  }
}
