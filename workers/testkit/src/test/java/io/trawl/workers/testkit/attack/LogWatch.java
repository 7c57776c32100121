package io.trawl.workers.testkit.attack;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/**
 * Keeps the errors that must not be: those of our own classes, and what Vert.x logs when a handler
 * of ours has thrown. Needs Logback behind SLF4J.
 *
 * <p>Other errors of Vert.x are its way to say that a peer broke the protocol.
 */
public final class LogWatch implements AutoCloseable {

  private static final int KEPT = 20;

  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final List<String> errors = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          if (matters(event) && errors.size() < KEPT) {
            errors.add(
                event.getLoggerName() + ": " + event.getFormattedMessage() + "\n" + trace(event));
          }
        }
      };

  private LogWatch() {}

  private static boolean matters(ILoggingEvent event) {
    return event.getLevel().isGreaterOrEqual(Level.ERROR)
        && (event.getLoggerName().startsWith("io.trawl")
            || event.getFormattedMessage().startsWith("Unhandled exception")
                && trace(event).contains("io.trawl."));
  }

  private static String trace(ILoggingEvent event) {
    return event.getThrowableProxy() == null
        ? ""
        : ThrowableProxyUtil.asString(event.getThrowableProxy());
  }

  /** Hears our own loggers too where the tests' configuration has turned them off. */
  public static LogWatch start() {
    var watch = new LogWatch();
    for (var logger : watch.root.getLoggerContext().getLoggerList()) {
      if (logger.getName().startsWith("io.trawl") && logger.getLevel() == Level.OFF) {
        logger.setLevel(Level.ERROR);
      }
    }
    // BufferLeaks hears of the same, and loses buffers on purpose.
    watch.root.getLoggerContext().getLogger(ResourceLeakDetector.class).setAdditive(false);
    watch.appender.setContext(watch.root.getLoggerContext());
    watch.appender.start();
    watch.root.addAppender(watch.appender);
    return watch;
  }

  /** Each error with its stack trace, the first {@value #KEPT}. */
  public List<String> errors() {
    return List.copyOf(errors);
  }

  @Override
  public void close() {
    root.detachAppender(appender);
  }
}
