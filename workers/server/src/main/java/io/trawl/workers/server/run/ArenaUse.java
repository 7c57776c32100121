package io.trawl.workers.server.run;

/**
 * Decides which runs of a session give back what its arena has grown by. ONNX Runtime keeps that
 * for the next run, which is what makes usual runs fast; after an unusual one it would keep it for
 * ever. A run is unusual when its inputs are more than twice as large as those that are usual; what
 * is usual grows at most to its double with a run, and shrinks slowly. Besides, from time to time
 * any run gives back, for the sake of those that were usual once.
 */
final class ArenaUse {
  private static final long USUAL_AT_FIRST_BYTES = 1024;
  private static final double FADING = 0.99;
  private static final long PERIOD_NANOS = 10_000_000_000L;

  private double usualBytes = USUAL_AT_FIRST_BYTES;
  private long givenBackNanos;

  ArenaUse(long nowNanos) {
    this.givenBackNanos = nowNanos;
  }

  /** Whether a run with inputs of so many bytes, which begins now, gives back at its end. */
  boolean givesBack(long bytes, long nowNanos) {
    boolean gives = bytes > 2 * usualBytes || nowNanos - givenBackNanos >= PERIOD_NANOS;
    usualBytes = Math.max(Math.min((double) bytes, 2 * usualBytes), usualBytes * FADING);
    if (gives) {
      givenBackNanos = nowNanos;
    }
    return gives;
  }
}
