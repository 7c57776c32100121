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
  long runNanos() {
    return run.toNanos();
  }

  long graceNanos() {
    return grace.toNanos();
  }
}
