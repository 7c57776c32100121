package io.trawl.app;

import io.trawl.workers.server.WorkerOptions;
import io.trawl.workers.wire.bounds.PortLimits;
import java.time.Duration;
import picocli.CommandLine.Option;

/** What callers of a worker may hold, and how long they may take. */
final class WorkerBoundsOptions {

  @Option(
      names = "--memory-bytes",
      defaultValue = "0",
      paramLabel = "BYTES",
      description =
          "of requests that are not answered and answers that are not taken, default"
              + " ${DEFAULT-VALUE} for an eighth of the heap")
  private long memoryBytes;

  @Option(
      names = "--max-connections",
      defaultValue = "4096",
      paramLabel = "COUNT",
      description = "of all ports, default ${DEFAULT-VALUE}")
  private int maxConnections;

  @Option(
      names = "--max-connections-of-address",
      defaultValue = "1024",
      paramLabel = "COUNT",
      description = "of one address, default ${DEFAULT-VALUE}")
  private int maxConnectionsOfAddress;

  @Option(
      names = "--max-abandoned-of-address",
      defaultValue = "20000",
      paramLabel = "COUNT",
      description =
          "calls that one address may begin and abandon at one time, a tenth of them more with each"
              + " second and one more with each answer, default ${DEFAULT-VALUE}")
  private int maxAbandonedOfAddress;

  @Option(
      names = "--max-streams-of-address",
      defaultValue = "16384",
      paramLabel = "COUNT",
      description = "calls over HTTP/2 that one address may have open, default ${DEFAULT-VALUE}")
  private int maxStreamsOfAddress;

  @Option(
      names = "--head-timeout-secs",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description = "for a request's head to arrive, default ${DEFAULT-VALUE}")
  private long headSeconds;

  @Option(
      names = "--body-timeout-secs",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "for a request's body to arrive, default ${DEFAULT-VALUE}")
  private long bodySeconds;

  @Option(
      names = "--idle-timeout-secs",
      defaultValue = "600",
      paramLabel = "SECONDS",
      description = "for a connection without a request, default ${DEFAULT-VALUE}")
  private long idleSeconds;

  @Option(
      names = "--answer-timeout-secs",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "for an answer to be taken, default ${DEFAULT-VALUE}")
  private long answerSeconds;

  /**
   * @throws IllegalArgumentException if one is out of its bounds
   */
  WorkerOptions.Bounds read() {
    return new WorkerOptions.Bounds(
        memoryBytes,
        maxConnections,
        maxConnectionsOfAddress,
        new PortLimits(
            Duration.ofSeconds(headSeconds),
            Duration.ofSeconds(bodySeconds),
            Duration.ofSeconds(idleSeconds),
            Duration.ofSeconds(answerSeconds),
            maxAbandonedOfAddress,
            maxStreamsOfAddress,
            WorkerOptions.Bounds.DEFAULT.times().longLived()));
  }
}
