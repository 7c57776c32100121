package io.trawl.serve.source;

import java.time.Duration;
import java.util.List;

/** Who runs the backbone, and how each of them stands: what an operator looks at at night. */
@FunctionalInterface
public interface WorkerTable {

  /** All there are, now. Does not wait. */
  Now now();

  /**
   * How things stand.
   *
   * @param waiting calls that wait for a worker with room
   */
  record Now(List<Row> rows, int waiting) {
    public Now {
      rows = List.copyOf(rows);
    }
  }

  /**
   * A model on a worker.
   *
   * @param endpoint host and port
   * @param zone in which it runs, empty where nobody says
   * @param standing in a word; {@code ready} where it is given calls
   * @param why it is not ready; empty where it is
   * @param since it stands so
   * @param underWay calls under way there
   * @param limit of these at most
   * @param latency how long calls take of late
   * @param share of a full share of calls
   * @param ejections lately
   */
  record Row(
      String endpoint,
      String model,
      String version,
      String zone,
      String standing,
      String why,
      Duration since,
      int underWay,
      int limit,
      Duration latency,
      double share,
      int ejections) {}
}
