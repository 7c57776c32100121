package io.trawl.workers.testkit.service;

/**
 * How a model is served.
 *
 * @param instances runs at a time
 * @param queue calls that may wait; who runs does not count
 * @param maxRows of a batch
 */
public record ServiceOptions(int instances, int queue, int maxRows) {

  private static final int NO_BOUND = 1 << 20;

  public ServiceOptions {
    within("instances", instances, 1);
    within("queue", queue, 0);
    within("maxRows", maxRows, 1);
  }

  /** So many runs at a time, each of one row, and room for whoever waits. */
  public static ServiceOptions instances(int value) {
    return new ServiceOptions(value, NO_BOUND, 1);
  }

  public ServiceOptions withQueue(int value) {
    return new ServiceOptions(instances, value, maxRows);
  }

  public ServiceOptions withMaxRows(int value) {
    return new ServiceOptions(instances, queue, value);
  }

  private static void within(String name, int value, int least) {
    if (value < least || value > NO_BOUND) {
      throw new IllegalArgumentException(
          "%s: %d (expected %d to %d)".formatted(name, value, least, NO_BOUND));
    }
  }
}
