package io.trawl.app;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.app.config.HostPort;
import io.trawl.app.terminal.Progress;
import io.trawl.app.terminal.ProgressBar;
import io.trawl.domain.Ticker;
import io.trawl.milvus.admin.Watch;
import io.trawl.milvus.neighbours.MilvusCallFailed;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.ToIntFunction;
import picocli.CommandLine.Option;

/** Which Milvus a verb of {@code trawl milvus} means, and a connection to it for that long. */
final class MilvusSession {

  @Option(
      names = "--milvus",
      converter = HostPort.class,
      paramLabel = "HOST:PORT",
      defaultValue = "${env:TRAWL_MILVUS:-127.0.0.1:19530}",
      description =
          "where Milvus answers gRPC (default: the one of ./trawl servers up, or ${DEFAULT-VALUE})")
  private String endpoint = "";

  @Option(
      names = "--milvus-token",
      paramLabel = "USER:PASSWORD",
      defaultValue = "${env:TRAWL_MILVUS_TOKEN:-}",
      description = "for a server with authorization (default: none)")
  private String token = "";

  @Option(
      names = "--call-seconds",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "how long one call may take (default: ${DEFAULT-VALUE})")
  private int callSeconds = 600;

  int with(ToIntFunction<MilvusCollections> job) {
    var options =
        CannotStart.unlessRefused(
            () -> MilvusOptions.administering(endpoint, token, Duration.ofSeconds(callSeconds)));
    var vertx = Vertx.vertx();
    try {
      var connection =
          MilvusConnection.create(vertx, options, Ticker.system(), new SimpleMeterRegistry());
      connected(connection);
      var status = job.applyAsInt(new MilvusCollections(connection, Ticker.system()));
      connection.close().toCompletionStage().toCompletableFuture().join();
      return status;
    } finally {
      vertx.close();
    }
  }

  private static void connected(MilvusConnection connection) {
    try {
      connection.start().toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof MilvusCallFailed known) {
        throw new CannotStart(known.failure().text());
      }
      throw failed;
    }
  }

  /** The space in a folder, its files compared with its manifest. */
  static Space space(Path directory) {
    return Space.open(directory, Verification.CHECKSUMS);
  }

  /** The space in a folder where it is one; otherwise it is a name in Milvus. */
  static Optional<Path> folder(String given) {
    var path = Path.of(given);
    return Files.isDirectory(path) || given.contains("/") ? Optional.of(path) : Optional.empty();
  }

  /** Bars on standard error, findings on standard output. */
  static Watch watch() {
    Progress bars =
        new ProgressBar(System.err, Terminal.interactive(), Terminal.ansi(), Ticker.system());
    return new Watch() {
      @Override
      public Stage begin(String what, long total) {
        var task = bars.begin(what, total);
        return new Stage() {
          @Override
          public void advance(long steps) {
            task.advance(steps, "");
          }

          @Override
          public void close() {
            task.close();
          }
        };
      }

      @Override
      public void passed(String what) {
        System.out.println("ok      " + what);
      }
    };
  }
}
