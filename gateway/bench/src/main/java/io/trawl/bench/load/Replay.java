package io.trawl.bench.load;

import io.trawl.app.config.ConfigRefused;
import io.trawl.workers.process.IoReason;
import io.vertx.core.json.DecodeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A recording: its requests in their order, and the times between them. One line ahead of what was
 * sent is held, not the file.
 */
final class Replay implements Source, Gaps, AutoCloseable {

  /** Beyond any time at which a run ends, and far from overflow. */
  private static final long NEVER_NANOS = TimeUnit.DAYS.toNanos(3_650);

  private final Path file;
  private final BufferedReader in;
  private int lineNumber;
  private LoadRequest.@Nullable Recorded ahead;
  private long atMicros;

  private Replay(Path file, BufferedReader in) {
    this.file = file;
    this.in = in;
    this.ahead = read();
  }

  /**
   * Opens a recording.
   *
   * @throws ConfigRefused if there is none
   */
  static Replay of(Path file) throws IOException {
    try {
      return new Replay(file, Files.newBufferedReader(file));
    } catch (NoSuchFileException _) {
      throw new ConfigRefused("--replay: there is no file " + file);
    } catch (IOException unreadable) {
      throw new ConfigRefused(
          "--replay: %s cannot be read: %s".formatted(file, IoReason.of(unreadable)));
    }
  }

  @Override
  public synchronized long nextNanos() {
    if (ahead == null) {
      return NEVER_NANOS;
    }
    // Those that left side by side were written in any order.
    long gap = Math.max(0, ahead.atMicros() - atMicros);
    atMicros += gap;
    return TimeUnit.MICROSECONDS.toNanos(gap);
  }

  @Override
  public synchronized @Nullable Draft next() {
    var taken = ahead;
    if (taken == null) {
      return null;
    }
    ahead = read();
    return new Recalled(taken.request());
  }

  private LoadRequest.@Nullable Recorded read() {
    try {
      var line = in.readLine();
      lineNumber++;
      return line == null ? null : LoadRequest.of(line);
    } catch (DecodeException | IllegalArgumentException | ClassCastException wrong) {
      throw new ConfigRefused(
          "%s:%d is no recorded request: %s".formatted(file, lineNumber, wrong.getMessage()));
    } catch (NullPointerException _) {
      throw new ConfigRefused(
          "%s:%d is no recorded request: a field is missing".formatted(file, lineNumber));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private record Recalled(LoadRequest request) implements Draft {
    @Override
    public boolean good() {
      return request.good();
    }

    @Override
    public LoadRequest make() {
      return request;
    }
  }
}
