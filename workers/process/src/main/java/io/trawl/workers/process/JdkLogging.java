package io.trawl.workers.process;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Hands over what libraries log by way of the JDK: its own handler writes to standard error at
 * once, on whatever thread that is. The gRPC of Milvus' SDK logs so, on its event loops.
 */
final class JdkLogging extends Handler {

  private static final String OWN_CONFIGURATION = "java.util.logging.config.file";

  private final SimpleFormatter messages = new SimpleFormatter();

  /** Unless somebody has configured it as he wants it. */
  static void handOver() {
    if (System.getProperty(OWN_CONFIGURATION) == null) {
      LogManager.getLogManager().reset();
      Logger.getLogger("").addHandler(new JdkLogging());
    }
  }

  @Override
  public void publish(@Nullable LogRecord said) {
    if (said == null) {
      return;
    }
    var name = said.getLoggerName();
    LoggerFactory.getLogger(name == null ? "jdk" : name)
        .atLevel(level(said.getLevel()))
        .setCause(said.getThrown())
        .log("{}", messages.formatMessage(said));
  }

  private static org.slf4j.event.Level level(Level level) {
    int value = level.intValue();
    if (value >= Level.SEVERE.intValue()) {
      return org.slf4j.event.Level.ERROR;
    }
    if (value >= Level.WARNING.intValue()) {
      return org.slf4j.event.Level.WARN;
    }
    return value >= Level.INFO.intValue()
        ? org.slf4j.event.Level.INFO
        : org.slf4j.event.Level.DEBUG;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
