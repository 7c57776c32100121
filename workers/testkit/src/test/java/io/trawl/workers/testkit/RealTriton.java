package io.trawl.workers.testkit;

import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The real Triton as a process of this machine, on free ports of the loopback address.
 *
 * <p>The repository's {@code servers/run hold} installs it where it is missing, guards its start
 * and ends it as soon as this JVM closes it or is gone. Its models come from the test.
 */
public final class RealTriton implements AutoCloseable {

  /** The system property that asks for tests against the real Triton: {@code true}. */
  public static final String ASKED_FOR = "trawl.servers";

  /** Each model is a process that imports numpy: a minute and a half were seen beside builds. */
  private static final String START_SECONDS = "300";

  private final Path state;
  private final List<String> models;
  private final HeldServer held;

  private RealTriton(Path state, List<String> models, List<String> ports, String... options) {
    this.state = state;
    this.models = models;
    var all = Stream.of(models, ports, List.of("--"), List.of(options)).flatMap(List::stream);
    this.held = HeldServer.start("real Triton", state, all.toList());
  }

  /**
   * Starts it with every model of the repository and waits until it answers.
   *
   * @param state a folder for its log, which outlives it
   * @param options further options of tritonserver
   * @throws IllegalStateException where it cannot be installed or started; the message says why
   */
  public static RealTriton start(Path models, Path state, String... options) {
    var served = List.of("--models", models.toString(), "--guard-seconds", START_SECONDS);
    return new RealTriton(state, served, List.of(), options);
  }

  /**
   * Another one with the same models on the same ports, once this one is gone.
   *
   * @throws IllegalStateException where it cannot be started; the message says why
   */
  public RealTriton restart(String... options) {
    close();
    var ports = Stream.of("grpc", "http", "metrics").map(name -> Integer.toString(held.port(name)));
    return new RealTriton(
        state, models, Stream.concat(Stream.of("--ports"), ports).toList(), options);
  }

  public int grpcPort() {
    return held.port("grpc");
  }

  public int httpPort() {
    return held.port("http");
  }

  public int metricsPort() {
    return held.port("metrics");
  }

  public boolean alive() {
    return held.process().filter(ProcessHandle::isAlive).isPresent();
  }

  /** The server itself, to be signalled while it is {@link #alive}. */
  public ProcessHandle process() {
    return held.process().orElseThrow();
  }

  /** Sends SIGTERM; succeeds once it is gone, with whether it says that it gave nothing up. */
  public Future<Boolean> terminate() {
    ProcessHandle server = process();
    server.destroy();
    return Future.fromCompletionStage(server.onExit()).map(_ -> !saysOfItself("failed to stop"));
  }

  private boolean saysOfItself(String words) {
    try {
      return Files.readString(log()).contains(words);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path log() {
    return held.log();
  }

  /** Ends it, and returns when it is gone. */
  @Override
  public void close() {
    held.close();
  }
}
