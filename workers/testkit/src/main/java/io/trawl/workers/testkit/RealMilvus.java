package io.trawl.workers.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A real Milvus, or milvus-lite, as a process of this machine on a free port.
 *
 * <p>The repository's {@code servers/run hold} installs it where it is missing, guards its start
 * and ends it as soon as this JVM closes it or is gone. What it holds lies in its data folder: a
 * later one on that folder has it again.
 */
public final class RealMilvus implements AutoCloseable {

  private final Process keeper;
  private final JsonObject facts;

  private RealMilvus(Process keeper, JsonObject facts) {
    this.keeper = keeper;
    this.facts = facts;
  }

  /**
   * Starts Milvus 2.3.5 and waits until it answers.
   *
   * @param data its folder; nobody else's while it runs
   * @throws IllegalStateException where it cannot be installed or started; the message says why
   */
  public static RealMilvus start(Path data) {
    return start("--milvus", data);
  }

  /** Starts milvus-lite, otherwise as {@link #start}. */
  public static RealMilvus startLite(Path data) {
    return start("--milvus-lite", data);
  }

  /** The one that all tests of this JVM share; it ends with the JVM. */
  public static RealMilvus shared() {
    return Shared.MILVUS;
  }

  private static final class Shared {
    static final RealMilvus MILVUS;

    static {
      try {
        // Below the module's build folder, so that its log is found after a failure.
        var folder = Files.createDirectories(Path.of("target").toAbsolutePath());
        MILVUS = start(Files.createTempDirectory(folder, "milvus-"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static RealMilvus start(String kind, Path data) {
    var command =
        List.of(
            launcher().toString(),
            "hold",
            kind,
            data.toString(),
            "--state=" + data.resolve("state"));
    try {
      var said = Files.createDirectories(data.resolve("state")).resolve("keeper.log");
      var keeper = new ProcessBuilder(command).redirectError(said.toFile()).start();
      // Not closed: the end of the keeper closes it.
      BufferedReader out = keeper.inputReader(UTF_8);
      var line = Optional.ofNullable(out.readLine()).orElse("");
      if (line.isEmpty()) {
        throw new IllegalStateException("no real Milvus: " + Files.readString(said));
      }
      return new RealMilvus(keeper, new JsonObject(line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The repository's script, found from whichever of its folders the JVM runs in. */
  private static Path launcher() {
    return Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
        .map(folder -> folder.resolve("servers/run"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no servers/run above the working folder"));
  }

  public int port() {
    return facts.getInteger("grpc");
  }

  /** {@code 127.0.0.1:port}. */
  public String endpoint() {
    return "127.0.0.1:" + port();
  }

  /** The server itself, to be signalled. */
  public ProcessHandle process() {
    return ProcessHandle.of(facts.getLong("pid")).orElseThrow();
  }

  public Path log() {
    return Path.of(facts.getString("log"));
  }

  /** Ends it, and returns when it is gone. */
  @Override
  public void close() {
    try {
      keeper.getOutputStream().close();
      keeper.onExit().join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
