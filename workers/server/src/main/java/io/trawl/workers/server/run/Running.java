package io.trawl.workers.server.run;

import java.util.List;

/**
 * A batch that runs, its reruns included, as the scheduler watches it: when a caller's deadline
 * passes, when nobody waits any more, when it takes longer than any run may. Like {@link
 * BatchQueue} a plain state machine that one writer tells the time.
 */
final class Running {

  /** What became due. */
  enum Event {
    NOTHING,
    /** It ran for longer than it may. */
    BEYOND_LIMIT,
    /** It was asked to end, and has not obeyed in time. */
    STUCK,
    /** It has not obeyed, and had the time of any run. */
    HOPELESS
  }

  private final List<Job> jobs;
  private final RunStop stop = new RunStop();
  private final long startedAt;
  private final RunLimits limits;
  private long askedAt = BatchQueue.NEVER;
  private boolean beyondLimit;
  private boolean stuck;
  private boolean hopeless;
  private long nextAt;

  Running(List<Job> jobs, RunLimits limits, long now) {
    this.jobs = jobs;
    this.limits = limits;
    this.startedAt = now;
    this.nextAt = firstDue();
  }

  List<Job> jobs() {
    return jobs;
  }

  RunStop stop() {
    return stop;
  }

  long startedAt() {
    return startedAt;
  }

  long askedAt() {
    return askedAt;
  }

  boolean stuck() {
    return stuck;
  }

  /** When to look again. */
  long nextAt() {
    return nextAt;
  }

  /** The jobs whose callers have stopped waiting; each is to be ended. */
  List<Job> late(long now) {
    return jobs.stream().filter(job -> !job.ended() && now >= job.dueAt()).toList();
  }

  /** Moves on, after whatever is late has been ended. */
  Event step(long now) {
    if (!stop.asked() && jobs.stream().allMatch(Job::ended)) {
      ask(now);
    }
    Event event = event(now);
    nextAt = hopeless ? BatchQueue.NEVER : Math.min(stuck ? hopelessAt() : stuckAt(), firstDue());
    return event;
  }

  private Event event(long now) {
    if (!beyondLimit && now >= limitAt()) {
      beyondLimit = true;
      ask(now);
      return Event.BEYOND_LIMIT;
    }
    if (!stuck && now >= stuckAt()) {
      stuck = true;
      return Event.STUCK;
    }
    if (stuck && !hopeless && now >= hopelessAt()) {
      hopeless = true;
      return Event.HOPELESS;
    }
    return Event.NOTHING;
  }

  private void ask(long now) {
    if (!stop.asked()) {
      stop.ask();
      askedAt = now;
    }
  }

  private long stuckAt() {
    return BatchQueue.later(askedAt, limits.graceNanos());
  }

  private long limitAt() {
    return BatchQueue.later(startedAt, limits.runNanos());
  }

  private long hopelessAt() {
    return BatchQueue.later(limitAt(), limits.graceNanos());
  }

  private long firstDue() {
    long first = beyondLimit ? BatchQueue.NEVER : limitAt();
    for (Job job : jobs) {
      if (!job.ended()) {
        first = Math.min(first, job.dueAt());
      }
    }
    return first;
  }
}
