package io.trawl.domain;

import java.time.Duration;

/**
 * The instant by which an answer must leave, on the scale of one {@link Ticker}.
 *
 * @param nanos the instant, comparable only with readings of the ticker that made it
 */
public record Deadline(long nanos) {

  /** The deadline that is {@code budget} away; a budget of zero or less has already passed. */
  public static Deadline after(Duration budget, Ticker ticker) {
    return new Deadline(ticker.nanos() + budget.toNanos());
  }

  /** Nanoseconds left; zero or negative once it has passed. */
  public long leftNanos(Ticker ticker) {
    return nanos - ticker.nanos();
  }

  /** What is left of it, never negative. */
  public Duration left(Ticker ticker) {
    return Duration.ofNanos(Math.max(0, leftNanos(ticker)));
  }

  public boolean passed(Ticker ticker) {
    return leftNanos(ticker) <= 0;
  }

  /**
   * The deadline that lies {@code reserve} earlier: what is left for everything before the last
   * stage.
   */
  public Deadline earlier(Duration reserve) {
    return new Deadline(nanos - reserve.toNanos());
  }

  /** The deadline that lies {@code grace} later. */
  public Deadline later(Duration grace) {
    return new Deadline(nanos + grace.toNanos());
  }
}
