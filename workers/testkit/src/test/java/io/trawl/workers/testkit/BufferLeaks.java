package io.trawl.workers.testkit;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Netty buffers that nobody released. Netty sees them only when the collector has found them, so
 * {@link #found} drops a buffer of its own and waits until that one is reported: what was lost
 * before is reported by then. Of use where every buffer is watched ({@code
 * -Dio.netty.leakDetection.level=paranoid}).
 */
public final class BufferLeaks {

  private static final AtomicInteger BAITS = new AtomicInteger();
  private static final List<String> REPORTED = new CopyOnWriteArrayList<>();

  static {
    ByteBufUtil.setLeakListener((_, records) -> REPORTED.add(records));
  }

  private BufferLeaks() {}

  /**
   * Where each buffer was used that has been lost since the last call and that code of ours had in
   * hand; what Vert.x loses before it hands anything on is not ours to release.
   */
  public static List<String> found(Duration patience) {
    if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
      throw new IllegalStateException(
          "leak detection is " + ResourceLeakDetector.getLevel() + "; expected PARANOID");
    }
    var bait = "bait-" + BAITS.incrementAndGet();
    lose(bait);
    long end = System.nanoTime() + patience.toNanos();
    while (REPORTED.stream().noneMatch(records -> records.contains(bait))) {
      if (System.nanoTime() > end) {
        throw new AssertionError("Netty does not report lost buffers");
      }
      System.gc();
      // Netty looks at what the collector found whenever it makes a buffer.
      PooledByteBufAllocator.DEFAULT.buffer(16).release();
    }
    var found = REPORTED.stream().filter(BufferLeaks::isOurs).toList();
    REPORTED.clear();
    return found;
  }

  private static boolean isOurs(String records) {
    return records.contains("io.trawl.") && !records.contains("bait-");
  }

  private static void lose(String bait) {
    PooledByteBufAllocator.DEFAULT.buffer(16).touch(bait);
  }
}
