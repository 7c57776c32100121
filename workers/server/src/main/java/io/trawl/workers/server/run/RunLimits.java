package io.trawl.workers.server.run;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How long a run of a model may take, and what then.
 *
 * @param run the longest; then it is asked to end, whoever waits for it
 * @param grace how long it may take to obey, before its instance counts as lost
 * @param hopeless told, with a line that says all, of a run that has had its time and does not
 *     obey: its thread and its core are gone while the process lives. It must not wait
 */
public record RunLimits(Duration run, Duration grace, Consumer<String> hopeless) {
  /** As whole seconds where it is some. */
  public static String words(Duration time) {
    return time.toMillisPart() == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }

  long runNanos() {
    return run.toNanos();
  }

  long graceNanos() {
    return grace.toNanos();
  }
}
