package io.trawl.workers.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * So many lines of one kind a second, and no more: a stranger can cause as many of them as he
 * likes, and each costs disk and processor. What is of INFO and above counts; who switches on more
 * wants to see it.
 *
 * <p>Without a lock and without a clock: whoever writes the log says when a second is over.
 */
final class LineRate extends TurboFilter {

  static final int LINES_A_SECOND = 50;

  /** Kinds that are told apart; further ones share one limit. */
  static final int MOST_KINDS = 1024;

  private static final int MOST_CHARS = 200;

  /**
   * With these a value begins, as a rule, in a message that a library has put together: bytes of a
   * stranger in hexadecimal, a header's name.
   */
  private static final Pattern VALUE = Pattern.compile("[0-9:='\"`(\\[{<]");

  /** Lines of one logger and level that say the same of something else. */
  record Kind(String logger, Level level, String format) {}

  private static final Kind OTHERS = new Kind("log", Level.WARN, "lines of many kinds");

  private static final class Second {
    private final AtomicInteger lines = new AtomicInteger();
  }

  private final Map<Kind, Second> seconds = new ConcurrentHashMap<>();

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown) {
    boolean asked = format == null && thrown == null;
    if (asked || !level.isGreaterOrEqual(Level.INFO) || !loggedAt(level, logger)) {
      return FilterReply.NEUTRAL;
    }
    var kind = new Kind(logger.getName(), level, text(format, arguments, thrown));
    if (second(kind).lines.incrementAndGet() <= LINES_A_SECOND) {
      return FilterReply.NEUTRAL;
    }
    Log.RATE.increment();
    return FilterReply.DENY;
  }

  private static boolean loggedAt(Level level, Logger logger) {
    return level.isGreaterOrEqual(logger.getEffectiveLevel());
  }

  /** Of no more than {@link #MOST_KINDS}, give or take the threads that come at once. */
  private Second second(Kind kind) {
    var known = seconds.get(kind);
    if (known != null) {
      return known;
    }
    return seconds.computeIfAbsent(seconds.size() < MOST_KINDS ? kind : OTHERS, _ -> new Second());
  }

  /** What is said, without of what. */
  private static String text(
      @Nullable String format, Object @Nullable [] arguments, @Nullable Throwable thrown) {
    var text = format == null ? String.valueOf(thrown) : format;
    if (arguments != null && arguments.length > 0) {
      return cut(text, MOST_CHARS);
    }
    var value = VALUE.matcher(text);
    return value.find() ? cut(text, Math.min(value.start(), MOST_CHARS)) : cut(text, MOST_CHARS);
  }

  private static String cut(String text, int chars) {
    return text.length() <= chars ? text : text.substring(0, chars) + "…";
  }

  /** A second is over: tells of each kind how many lines it is without, and begins anew. */
  void secondIsOver(BiConsumer<Kind, Integer> without) {
    for (Iterator<Map.Entry<Kind, Second>> each = seconds.entrySet().iterator(); each.hasNext(); ) {
      var kind = each.next();
      int lines = kind.getValue().lines.getAndSet(0);
      if (lines == 0) {
        each.remove();
      } else if (lines > LINES_A_SECOND) {
        without.accept(kind.getKey(), lines - LINES_A_SECOND);
      }
    }
  }
}
