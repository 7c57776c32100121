package io.trawl.workers.wire.bounds;

import java.time.Duration;

/** Since when something has been so, where it is. Of one event loop. */
final class Since {

  private boolean so;
  private long nanos;

  /** It is so now; since when stays what it was, where it was so already. */
  void begin(long now) {
    if (!so) {
      so = true;
      nanos = now;
    }
  }

  /** It is so, and whatever was before does not count. */
  void again(long now) {
    so = true;
    nanos = now;
  }

  void end() {
    so = false;
  }

  boolean longerThan(Duration limit, long now) {
    return so && now - nanos > limit.toNanos();
  }
}
