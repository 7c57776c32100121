package io.trawl.workers.testkit.service;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a call asks of a model.
 *
 * @param rows in its batch dimension
 * @param shape of a row; calls of equal shape may run as one batch
 * @param prompts a row's each, read when the call begins to run, if then
 * @param queueTimeoutNanos how long it may wait; 0 for ever
 */
public record Work(int rows, Object shape, Supplier<List<long[]>> prompts, long queueTimeoutNanos) {

  public Work {
    requireNonNull(shape, "shape");
    requireNonNull(prompts, "prompts");
    if (rows < 1) {
      throw new IllegalArgumentException("rows: " + rows + " (expected 1 or more)");
    }
    if (queueTimeoutNanos < 0) {
      throw new IllegalArgumentException(
          "queueTimeoutNanos: " + queueTimeoutNanos + " (expected 0 or more)");
    }
  }

  /** Of no prompt, as patient as can be. */
  public static Work ofRows(int rows) {
    return new Work(rows, "", List::of, 0);
  }

  /** One row of this prompt. */
  public static Work ofPrompt(long... tokens) {
    return new Work(1, tokens.length, () -> List.of(tokens), 0);
  }

  public Work withQueueTimeout(Duration most) {
    return new Work(rows, shape, prompts, most.toNanos());
  }

  public Work withShape(Object value) {
    return new Work(rows, value, prompts, queueTimeoutNanos);
  }
}
