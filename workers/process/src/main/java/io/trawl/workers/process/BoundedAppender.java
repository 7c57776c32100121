package io.trawl.workers.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lines go to standard error by a thread of their own, and nobody else ever waits: neither for who
 * reads them nor for a lock. What finds no room is dropped and counted, and so is what is {@link
 * LineRate too much of one kind}; both are said in the log, as soon as there is room.
 */
public final class BoundedAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {

  static final int MOST_LINES = 4096;
  static final long MOST_BYTES = 8L << 20;

  /** A line's own, beside its message; and a frame of a stack in it. */
  private static final long LINE_BYTES = 200;

  private static final long FRAME_BYTES = 120;
  private static final int DEEPEST = 16;

  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration LAST_FLUSH = Duration.ofSeconds(1);

  private record Line(ILoggingEvent event, long bytes) {}

  private final Queue<Line> queue = new ConcurrentLinkedQueue<>();

  /** Both of what waits and of what is being written. */
  private final AtomicInteger lines = new AtomicInteger();

  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final LineRate rate = new LineRate();
  private final Consumer<Duration> flushing = this::flush;

  private OutputStream out = new FileOutputStream(FileDescriptor.err);
  private LongSupplier nanos = System::nanoTime;
  private @Nullable Encoder<ILoggingEvent> encoder;
  private volatile @Nullable Thread writer;
  private long secondBeganNanos;

  public void setEncoder(Encoder<ILoggingEvent> encoder) {
    this.encoder = encoder;
  }

  public @Nullable Encoder<ILoggingEvent> getEncoder() {
    return encoder;
  }

  /** To somebody else, by another clock: for tests. */
  void writeTo(OutputStream elsewhere, LongSupplier clock) {
    out = elsewhere;
    nanos = clock;
  }

  @Override
  public void start() {
    if (encoder == null) {
      addError("an encoder is missing");
      return;
    }
    super.start();
    Log.WRITERS.add(flushing);
    context().addTurboFilter(rate);
    secondBeganNanos = nanos.getAsLong();
    writer = Thread.ofPlatform().daemon().name("trawl-log").start(this::writeAll);
  }

  private LoggerContext context() {
    return (LoggerContext) getContext();
  }

  @Override
  public void stop() {
    if (!isStarted()) {
      return;
    }
    flush(LAST_FLUSH);
    super.stop();
    Log.WRITERS.remove(flushing);
    context().getTurboFilterList().remove(rate);
    LockSupport.unpark(writer);
  }

  private void flush(Duration atMost) {
    long end = System.nanoTime() + atMost.toNanos();
    while (lines.get() > 0 && System.nanoTime() < end) {
      LockSupport.unpark(writer);
      LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
    }
  }

  @Override
  protected void append(ILoggingEvent event) {
    event.prepareForDeferredProcessing();
    long size = size(event);
    if (lines.incrementAndGet() > MOST_LINES) {
      lines.decrementAndGet();
      drop();
      return;
    }
    if (bytes.addAndGet(size) > MOST_BYTES) {
      bytes.addAndGet(-size);
      lines.decrementAndGet();
      drop();
      return;
    }
    queue.add(new Line(event, size));
    LockSupport.unpark(writer);
  }

  private void drop() {
    Log.FULL.increment();
    dropped.incrementAndGet();
  }

  /** About what it holds. */
  private static long size(ILoggingEvent event) {
    var message = event.getFormattedMessage();
    long size = LINE_BYTES + (message == null ? 0 : 2L * message.length());
    var thrown = event.getThrowableProxy();
    for (int depth = 0; thrown != null && depth < DEEPEST; depth++) {
      size += size(thrown);
      thrown = thrown.getCause();
    }
    return size;
  }

  private static long size(IThrowableProxy thrown) {
    var message = thrown.getMessage();
    var frames = thrown.getStackTraceElementProxyArray();
    return (message == null ? 0 : 2L * message.length())
        + (frames == null ? 0 : frames.length * FRAME_BYTES);
  }

  private void writeAll() {
    while (isStarted()) {
      var line = queue.poll();
      if (line != null) {
        write(line.event());
        bytes.addAndGet(-line.bytes());
      }
      sayWhatIsMissing();
      if (line != null) {
        lines.decrementAndGet();
      } else {
        LockSupport.parkNanos(this, SECOND_NANOS);
      }
    }
  }

  private void write(ILoggingEvent event) {
    try {
      out.write(Objects.requireNonNull(encoder).encode(event));
      out.flush();
    } catch (IOException | RuntimeException unwritten) {
      // Nobody reads any more, or an argument of the line is broken: there is no other place.
      Log.FULL.increment();
    }
  }

  private void sayWhatIsMissing() {
    long without = dropped.getAndSet(0);
    if (without > 0) {
      say(
          context().getLogger(BoundedAppender.class),
          Level.WARN,
          "{} lines were left out: the log was not read as fast as it was written",
          without);
    }
    long now = nanos.getAsLong();
    if (now - secondBeganNanos >= SECOND_NANOS) {
      secondBeganNanos = now;
      rate.secondIsOver(
          (kind, more) ->
              say(
                  context().getLogger(kind.logger()),
                  kind.level(),
                  "{} more lines within a second were left out: {}",
                  more,
                  kind.format()));
    }
  }

  /** By the thread that writes: it needs no room, and counts against no rate. */
  private void say(Logger logger, Level level, String format, Object... arguments) {
    write(
        new LoggingEvent(BoundedAppender.class.getName(), logger, level, format, null, arguments));
  }
}
