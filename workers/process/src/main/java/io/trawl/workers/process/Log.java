package io.trawl.workers.process;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** The log of this process: what it is without, and its end. */
public final class Log {

  static final LongAdder FULL = new LongAdder();
  static final LongAdder RATE = new LongAdder();

  /** Each waits until what was logged is written, or so long. */
  static final Set<Consumer<Duration>> WRITERS = ConcurrentHashMap.newKeySet();

  private static final Duration AT_EXIT = Duration.ofSeconds(1);

  private static final Duration SAYING = Duration.ofSeconds(1);

  private Log() {}

  /** Lines that were dropped because nobody read those before. */
  public static long droppedAsFull() {
    return FULL.sum();
  }

  /** Lines that were dropped because there were too many of one kind in one second. */
  public static long droppedByRate() {
    return RATE.sum();
  }

  /** Waits until all lines are written, at most as long as given. Not for an event loop. */
  public static void flush(Duration atMost) {
    WRITERS.forEach(writer -> writer.accept(atMost));
  }

  /**
   * Prints lines for whoever started the process, and waits until they are printed, but no longer
   * than a second: nobody may read them, and the process goes on all the same.
   */
  public static void say(PrintStream to, String lines) {
    var saying = Thread.ofPlatform().daemon().name("trawl-say").start(() -> to.println(lines));
    try {
      saying.join(SAYING);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is logged until the process ends is written, if it is read within a second. */
  public static void flushAtExit() {
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("trawl-log-end").unstarted(() -> flush(AT_EXIT)));
  }
}
