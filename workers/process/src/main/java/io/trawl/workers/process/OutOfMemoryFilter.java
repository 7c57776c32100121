package io.trawl.workers.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/** Sees whatever is logged, before it is asked whether its level is on. */
final class OutOfMemoryFilter extends TurboFilter {

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown) {
    OutOfMemory.endIfOut(thrown);
    if (arguments != null) {
      for (var argument : arguments) {
        if (argument instanceof Throwable one) {
          OutOfMemory.endIfOut(one);
        }
      }
    }
    return FilterReply.NEUTRAL;
  }
}
