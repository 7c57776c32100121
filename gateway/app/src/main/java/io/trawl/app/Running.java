package io.trawl.app;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.trawl.app.files.WholeFile;
import io.trawl.app.node.Ports;
import io.trawl.workers.process.IoReason;
import io.trawl.workers.process.Log;
import io.trawl.workers.wire.ClientClose;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Waits for futures from the main thread, and ends in order when the process is told to. */
final class Running {

  private static final Duration START = Duration.ofSeconds(60);

  private Running() {}

  /** Blocks the main thread until a start or an end is done. */
  static <T> T await(Future<T> work, String what) {
    return await(work, START, what);
  }

  /** Blocks the main thread until some work is done, at most as long as given. */
  static <T> T await(Future<T> work, Duration atMost, String what) {
    try {
      return work.toCompletionStage().toCompletableFuture().get(atMost.toMillis(), MILLISECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof IllegalArgumentException refusal) {
        throw new CannotStart(refusal);
      }
      if (failed.getCause() instanceof BindException taken) {
        throw new CannotStart(
            what + ": another process took a port meanwhile; try again: " + taken.getMessage());
      }
      if (failed.getCause() instanceof RuntimeException ours) {
        throw ours;
      }
      throw new CannotStart(what + ": " + CannotStart.sentence(failed.getCause()));
    } catch (TimeoutException _) {
      throw new CannotStart(what + " was not done after " + atMost.toSeconds() + " s");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CannotStart(what + " was interrupted");
    }
  }

  /** Writes {@code name=port} lines, whole or not at all; does nothing without a file. */
  static void write(Ports ports, @Nullable Path file) {
    if (file == null) {
      return;
    }
    var text =
        ports.byName().entrySet().stream()
            .map(port -> port.getKey() + "=" + port.getValue() + "\n")
            .collect(Collectors.joining());
    try {
      WholeFile.write(file, text);
    } catch (IOException unwritable) {
      throw new CannotStart(
          "the ports cannot be written to " + file + ": " + IoReason.of(unwritable));
    }
  }

  /**
   * Blocks the main thread for ever; on SIGTERM or SIGINT ends in order, then lets the process go.
   */
  static int untilTold(Vertx vertx, Supplier<Future<?>> end) {
    var ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("trawl-shutdown")
                .unstarted(
                    () -> {
                      try {
                        end.get()
                            .toCompletionStage()
                            .toCompletableFuture()
                            .get(60, TimeUnit.SECONDS);
                        ClientClose.of(vertx.close())
                            .toCompletionStage()
                            .toCompletableFuture()
                            .get(5, TimeUnit.SECONDS);
                      } catch (ExecutionException | TimeoutException late) {
                        LoggerFactory.getLogger(Running.class).warn("ended out of order", late);
                      } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                      }
                      Log.flush(Duration.ofSeconds(1));
                      ended.countDown();
                    }));
    try {
      ended.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
