package io.trawl.workers.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.trawl.workers.server.WorkerOptions.Limits;
import io.trawl.workers.server.WorkerOptions.Listen;
import io.trawl.workers.server.WorkerOptions.Models;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Defaults are Triton's, and what is out of bounds is refused by name. */
final class WorkerOptionsTest {
  private static final Path ROOT = Path.of("models");

  private static WorkerOptions options(
      String address, int port, int exitSeconds, int messageBytes, int threads, int queueLimit) {
    return new WorkerOptions(
        ROOT,
        WorkerOptions.of(ROOT).models(),
        new Listen(address, port, "127.0.0.1", 0, 0),
        WorkerOptions.Access.DEFAULT,
        new Limits(Duration.ofSeconds(exitSeconds), messageBytes, threads, queueLimit),
        WorkerOptions.Runs.DEFAULT,
        WorkerOptions.Bounds.DEFAULT);
  }

  @Test
  void defaultsAreTritons() {
    WorkerOptions options = WorkerOptions.of(ROOT);
    assertEquals(8001, options.listen().grpcPort());
    assertEquals(8000, options.listen().httpPort());
    assertEquals(8002, options.listen().metricsPort());
    assertEquals(Duration.ofSeconds(30), options.limits().exitTimeout());
    assertEquals("127.0.0.1", options.listen().grpcAddress());
    assertEquals(64 << 20, options.limits().messageBytes());
  }

  @Test
  void changesLeaveTheRestAlone() {
    WorkerOptions options =
        WorkerOptions.of(ROOT)
            .withPorts(1, 2, 3)
            .withLoadModels(List.of("a"))
            .withLimits(WorkerFixture.messageBytes(4096));
    assertEquals(
        new WorkerOptions(
            ROOT,
            new Models(ModelControlMode.EXPLICIT, List.of("a"), true, false),
            new Listen("127.0.0.1", 1, "127.0.0.1", 2, 3),
            WorkerOptions.Access.DEFAULT,
            new Limits(Duration.ofSeconds(30), 4096, 1, 1024),
            WorkerOptions.Runs.DEFAULT,
            WorkerOptions.Bounds.DEFAULT),
        options);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a   | 65536 | 1  | 4096 | 1 | 1 | grpc-port is '65536', expected 0 to 65535",
        "a   | -1    | 1  | 4096 | 1 | 1 | grpc-port is '-1', expected 0 to 65535",
        "' ' | 1     | 1  | 4096 | 1 | 1 | grpc-address is ' ', expected an address",
        "a   | 1     | -1 | 4096 | 1 | 1 | exit-timeout-secs is '-1', expected 0 or more",
        "a   | 1     | 1  | 1023 | 1 | 1 | messageBytes is '1023', expected 1024 to 1073741824",
        "a   | 1     | 1  | 4096 | 0 | 1 | intra-op-threads is '0', expected 1 to 256",
        "a   | 1     | 1  | 4096 | 1 | 0 | queuedRequests is '0', expected 1 or more",
      })
  void outOfBoundsIsRefusedByName(
      String address, int port, int exit, int bytes, int threads, int queue, String expected) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> options(address, port, exit, bytes, threads, queue));
    assertEquals(expected, refused.getMessage());
  }

  @Test
  void timesAreNamedInTheSecondsThatTheyWereGivenIn() {
    Duration none = Duration.ofSeconds(-90);
    Duration one = Duration.ofSeconds(1);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new WorkerOptions.Runs(none, one, false, 8192, 0));
    assertEquals("run-timeout-secs is '-90', expected more than 0", refused.getMessage());
  }
}
