package io.trawl.milvus.admin;

import java.time.Duration;

/** How time passes between two looks at something that takes its time. */
@FunctionalInterface
public interface Pause {

  /** Returns when it is over, or throws {@link AdminFailed} when the job shall end. */
  void take(Duration duration);

  /** Sleeps. */
  static Pause sleeping() {
    return duration -> {
      try {
        Thread.sleep(duration);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new AdminFailed("interrupted");
      }
    };
  }
}
