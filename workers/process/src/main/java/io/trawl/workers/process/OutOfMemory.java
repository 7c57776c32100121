package io.trawl.workers.process;

import ch.qos.logback.classic.LoggerContext;
import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when memory is out. One whose threads have died here and there answers nobody
 * and takes no signal; its supervisor can only start it again once it is gone.
 *
 * <p>The JVM's own {@code -XX:+ExitOnOutOfMemoryError} sees the heap only. Errors that Java code
 * throws, such as those of direct buffers, are seen here: where a thread dies of one, where Netty
 * allocates, and wherever one is logged, at a level that is switched off too. So who catches an
 * {@link Error} and does not throw it on must log it.
 */
public final class OutOfMemory {

  /** As the JVM ends where the heap is out. */
  public static final int STATUS = 3;

  private static final Duration LAST_WORDS = Duration.ofSeconds(2);
  private static final Duration HEAP_DUMP = Duration.ofMinutes(5);
  private static final int DEEPEST = 32;

  private static final AtomicReference<@Nullable OutOfMemoryError> FOUND = new AtomicReference<>();
  private static final CountDownLatch TOLD = new CountDownLatch(1);

  private OutOfMemory() {}

  /** From now on this process ends at once; to be called first of all, once. */
  public static void watch() {
    // Made now: later there may be no memory for a thread.
    Thread.ofPlatform().daemon().name("trawl-last-words").start(OutOfMemory::speak);
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, thrown) -> {
          endIfOut(thrown);
          LoggerFactory.getLogger(OutOfMemory.class)
              .error("thread {} ended in a bug", thread.getName(), thrown);
        });
    System.setProperty("io.netty.bootstrap.extensions", "serviceload");
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      // Before all others, which may have a line left out.
      context.getTurboFilterList().addFirst(new OutOfMemoryFilter());
    }
  }

  /** Does not return if {@code thrown} is an OutOfMemoryError or comes of one. */
  public static void endIfOut(@Nullable Throwable thrown) {
    var found = find(thrown, 0);
    if (found != null) {
      end(found);
    }
  }

  private static @Nullable OutOfMemoryError find(@Nullable Throwable thrown, int depth) {
    if (thrown == null || depth > DEEPEST) {
      return null;
    }
    if (thrown instanceof OutOfMemoryError found) {
      return found;
    }
    for (var suppressed : thrown.getSuppressed()) {
      var found = find(suppressed, depth + 1);
      if (found != null) {
        return found;
      }
    }
    return find(thrown.getCause(), depth + 1);
  }

  private static void end(OutOfMemoryError found) {
    try {
      FOUND.compareAndSet(null, found);
      TOLD.countDown();
      // Whoever came first or later: the process is over for this thread.
      Thread.sleep(dumpPath() == null ? LAST_WORDS : HEAP_DUMP);
    } catch (InterruptedException _) {
      // So it ends without last words.
    } finally {
      Runtime.getRuntime().halt(STATUS);
    }
  }

  /** On a thread of its own: a pipe that nobody reads may not keep the process alive. */
  private static void speak() {
    try {
      TOLD.await();
      dump();
      var found = FOUND.get();
      write("trawl: out of memory, the process ends now with status " + STATUS + ": " + found);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      Runtime.getRuntime().halt(STATUS);
    }
  }

  // Closing it would close the file itself.
  @SuppressWarnings({"resource", "StreamResourceLeak"})
  private static void write(String line) {
    try {
      new FileOutputStream(FileDescriptor.err)
          .write((line + System.lineSeparator()).getBytes(StandardCharsets.UTF_8));
    } catch (IOException _) {
      // Nobody reads any more.
    }
  }

  /** Where the JVM's own options ask for a heap dump, there is one of these errors too. */
  private static void dump() {
    var path = dumpPath();
    if (path == null) {
      return;
    }
    try {
      hotspot().dumpHeap(path, true);
      write("trawl: heap dump written to " + path);
    } catch (IOException | RuntimeException failed) {
      write("trawl: no heap dump: " + failed);
    }
  }

  private static @Nullable String dumpPath() {
    if (!Boolean.parseBoolean(option("HeapDumpOnOutOfMemoryError"))) {
      return null;
    }
    var named = Path.of(option("HeapDumpPath"));
    var own = "java_pid" + ProcessHandle.current().pid() + ".hprof";
    return (named.toString().isEmpty() || Files.isDirectory(named) ? named.resolve(own) : named)
        .toString();
  }

  private static String option(String name) {
    return hotspot().getVMOption(name).getValue();
  }

  private static HotSpotDiagnosticMXBean hotspot() {
    return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
  }
}
