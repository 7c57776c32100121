package io.trawl.space;

import org.jspecify.annotations.Nullable;

/**
 * A fault of mapped memory: a file of an open space was cut off, or its disk gave it back no more.
 * The JVM makes an {@link InternalError} of it, and throws that at the thread's next safepoint. In
 * compiled code this lies outside of the {@code try} block that the memory was read in, often
 * enough outside of the method.
 */
public final class MemoryFault {

  private static final String MESSAGE = "unsafe memory access operation";

  /** Causes that are looked through. */
  private static final int DEEPEST = 16;

  private MemoryFault() {}

  /**
   * Has a fault of what this thread read so far thrown here. To be called where mapped memory was
   * read, before the result is trusted: some 25 ns.
   */
  public static void throwPending() {
    // Coming back from native code is a safepoint, and this method is native in every JVM.
    boolean _ = Thread.holdsLock(MESSAGE);
  }

  /** Whether a failure is, or comes of, a fault of mapped memory. */
  public static boolean isIn(@Nullable Throwable failure) {
    var at = failure;
    for (var depth = 0; at != null && depth < DEEPEST; depth++) {
      var message = at.getMessage();
      if (at instanceof InternalError && message != null && message.contains(MESSAGE)) {
        return true;
      }
      at = at.getCause();
    }
    return false;
  }
}
