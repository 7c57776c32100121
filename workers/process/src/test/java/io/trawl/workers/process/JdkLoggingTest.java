package io.trawl.workers.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class JdkLoggingTest {

  @Test
  void whatLibrariesSayByWayOfTheJdkIsInTheLog() {
    var logger = (Logger) LoggerFactory.getLogger("some.library");
    var said = new ListAppender<ILoggingEvent>();
    said.start();
    logger.addAppender(said);
    logger.setLevel(Level.INFO);
    logger.setAdditive(false);
    var thrown = new IllegalStateException("why");

    publish(java.util.logging.Level.SEVERE, "{0} broke", "a channel", thrown);
    publish(java.util.logging.Level.WARNING, "{0} is slow", "a channel", null);
    publish(java.util.logging.Level.CONFIG, "detail", "", null);

    assertEquals(
        List.of("ERROR a channel broke", "WARN a channel is slow"),
        said.list.stream()
            .map(event -> event.getLevel() + " " + event.getFormattedMessage())
            .toList());
    assertSame(thrown, ((ThrowableProxy) said.list.getFirst().getThrowableProxy()).getThrowable());
  }

  private static void publish(
      java.util.logging.Level level,
      String message,
      String parameter,
      @org.jspecify.annotations.Nullable Throwable thrown) {
    var said = new LogRecord(level, message);
    said.setLoggerName("some.library");
    said.setParameters(new Object[] {parameter});
    said.setThrown(thrown);
    new JdkLogging().publish(said);
  }
}
