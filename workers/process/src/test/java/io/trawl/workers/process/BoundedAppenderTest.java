package io.trawl.workers.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits for the log hangs here for ever: its reader reads when the test says so. */
@Timeout(60)
class BoundedAppenderTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A pipe that is full until somebody reads. */
  private static final class Pipe extends OutputStream {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final CountDownLatch read = new CountDownLatch(1);

    @Override
    public void write(int one) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        read.await();
      } catch (InterruptedException interrupted) {
        throw new IOException(interrupted);
      }
      synchronized (written) {
        written.write(bytes, from, count);
      }
    }

    List<String> lines() {
      synchronized (written) {
        return written.toString(StandardCharsets.UTF_8).lines().toList();
      }
    }
  }

  private final Pipe pipe = new Pipe();
  private final AtomicLong nanos = new AtomicLong();
  private final LoggerContext context = new LoggerContext();
  private final Logger logger = context.getLogger("some.logger");
  private final BoundedAppender appender = new BoundedAppender();

  @BeforeEach
  void start() {
    context.setMDCAdapter(new LogbackMDCAdapter());
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%level %logger %msg%n%ex{0}");
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.writeTo(pipe, nanos::get);
    appender.start();
    context.getLogger("ROOT").addAppender(appender);
  }

  @AfterEach
  void stop() {
    pipe.read.countDown();
    context.stop();
  }

  private List<String> read() {
    pipe.read.countDown();
    Log.flush(PATIENCE);
    return pipe.lines();
  }

  @Test
  void nobodyWaitsForWhoReadsAndWhatIsMissingIsSaid() {
    long before = Log.droppedAsFull();
    int many = 2 * BoundedAppender.MOST_LINES;
    for (int i = 0; i < many; i++) {
      logger.debug("line {}", i);
    }
    int dropped = many - BoundedAppender.MOST_LINES;
    assertEquals(dropped, Log.droppedAsFull() - before);
    var lines = read();
    assertEquals(BoundedAppender.MOST_LINES + 1, lines.size());
    assertEquals("DEBUG some.logger line 0", lines.getFirst());
    assertTrue(
        lines.contains(
            "WARN io.trawl.workers.process.BoundedAppender "
                + dropped
                + " lines were left out: the log was not read as fast as it was written"),
        () -> "one of " + lines.size());

    logger.debug("there is room again");
    assertEquals("DEBUG some.logger there is room again", read().getLast());
  }

  @Test
  void whatWaitsIsBoundedInBytes() {
    long before = Log.droppedAsFull();
    int chars = 1 << 20;
    int fit = (int) (BoundedAppender.MOST_BYTES / (2 * chars + 200));
    for (int i = 0; i < 2 * fit; i++) {
      logger.debug("x".repeat(chars));
    }
    assertEquals(fit, Log.droppedAsFull() - before);
    assertEquals(fit + 1, read().size());
  }

  /** A stack of frames counts too. */
  @Test
  void whatWaitsIsBoundedInBytesOfStacks() {
    var deep = new IllegalStateException("deep");
    var frames = new StackTraceElement[100_000];
    java.util.Arrays.fill(frames, new StackTraceElement("Some", "method", "Some.java", 1));
    deep.setStackTrace(frames);
    long before = Log.droppedAsFull();
    logger.debug("one", deep);
    assertEquals(1, Log.droppedAsFull() - before);
  }

  @Test
  void ofOneKindNoMoreThanSoManyASecondAreWritten() {
    pipe.read.countDown();
    long before = Log.droppedByRate();
    for (int i = 0; i < LineRate.LINES_A_SECOND + 7; i++) {
      logger.info("stranger {} came", i);
    }
    assertEquals(7, Log.droppedByRate() - before);
    logger.info("another kind");
    logger.warn("stranger {} came", "at another level");
    context.getLogger("other.logger").info("stranger {} came", "elsewhere");
    assertEquals(7, Log.droppedByRate() - before);

    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    logger.debug("a second is over");
    var lines = read();
    assertEquals(LineRate.LINES_A_SECOND + 5, lines.size());
    assertTrue(
        lines.contains(
            "INFO some.logger 7 more lines within a second were left out: stranger {} came"),
        lines::toString);

    logger.info("stranger {} came", "once more");
    assertEquals("INFO some.logger stranger once more came", read().getLast());
  }

  /** As Vert.x says what junk has come, in one text. */
  @Test
  void whatALibrarySaysOfOtherValuesIsOfOneKind() {
    pipe.read.countDown();
    int many = LineRate.LINES_A_SECOND + 7;
    long before = Log.droppedByRate();
    for (int i = 0; i < many; i++) {
      logger.error("It was no frame. Hex dump for first bytes: {}".replace("{}", inLetters(i)));
      logger.warn("Frame {} is no SETTINGS".replace("{}", "" + i), new IllegalStateException());
      logger.info(null, new IllegalArgumentException("Unknown header: " + inLetters(i)));
    }
    assertEquals(21, Log.droppedByRate() - before);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    logger.debug("a second is over");
    var lines = read();
    for (var kind : List.of("ERROR", "WARN", "INFO")) {
      assertEquals(
          1, lines.stream().filter(line -> line.startsWith(kind + " some.logger 7 ")).count());
    }
    assertTrue(
        lines.contains(
            "ERROR some.logger 7 more lines within a second were left out: It was no frame. Hex"
                + " dump for first bytes…"),
        lines::toString);
  }

  private static String inLetters(int number) {
    return Integer.toString(number, 2).replace('0', 'a').replace('1', 'b');
  }

  @Test
  void kindsThatAreMadeUpAreBoundedToo() {
    pipe.read.countDown();
    int kinds = LineRate.MOST_KINDS + LineRate.LINES_A_SECOND + 100;
    long before = Log.droppedByRate();
    for (int i = 0; i < kinds; i++) {
      logger.error("made up " + inLetters(i));
    }
    assertEquals(100, Log.droppedByRate() - before);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    logger.debug("a second is over");
    assertTrue(
        read()
            .contains(
                "WARN log 100 more lines within a second were left out: lines of many kinds"));
  }

  @Test
  void whatNobodySeesCountsAgainstNoRate() {
    logger.setLevel(Level.WARN);
    long before = Log.droppedByRate();
    for (int i = 0; i < 2 * LineRate.LINES_A_SECOND; i++) {
      logger.info("off");
      assertFalse(logger.isInfoEnabled());
      assertTrue(logger.isWarnEnabled());
    }
    assertEquals(before, Log.droppedByRate());
  }
}
