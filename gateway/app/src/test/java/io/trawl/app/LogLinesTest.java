package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import io.trawl.workers.process.BoundedAppender;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers choose names that are logged; they do not write lines of the log with them. */
class LogLinesTest {

  private static final String FORGED = "00:00:00.000 INFO  forged all is well";

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029", "\u000b", "\f"})
  void aMessageIsOneLine(String newline) throws Exception {
    var lines = logged("model 'a" + newline + FORGED + "' is not there", null);
    assertEquals(1, lines.size(), lines::toString);
    assertTrue(
        lines.getFirst().endsWith("model 'a | " + FORGED + "' is not there"), lines::toString);
  }

  @Test
  void escapesOfATerminalAreNotPassedOn() throws Exception {
    assertTrue(logged("a\u001b[2Jb", null).getFirst().endsWith("a | [2Jb"));
  }

  @Test
  void theLinesOfAStackTraceAreIndented() throws Exception {
    var thrown = new IllegalStateException("a\n" + FORGED, new RuntimeException("b\r" + FORGED));
    var lines = logged("failed", thrown);
    assertTrue(lines.size() > 4, lines::toString);
    lines.stream().skip(1).forEach(line -> assertTrue(line.startsWith("  "), line));
    assertTrue(lines.contains("  " + FORGED), lines::toString);
  }

  private static List<String> logged(String message, @Nullable Throwable thrown) throws Exception {
    var context = new LoggerContext();
    var configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(LogLinesTest.class.getResource("/logback.xml"));
    try {
      var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
      var appender = (BoundedAppender) root.getAppender("STDERR");
      var event =
          new LoggingEvent(
              Logger.class.getName(), root, Level.INFO, "{}", thrown, new Object[] {message});
      var bytes = Objects.requireNonNull(appender.getEncoder()).encode(event);
      return new String(bytes, StandardCharsets.UTF_8).lines().toList();
    } finally {
      context.stop();
    }
  }
}
