package io.trawl.workers.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

  private final List<String> command;
  private final Path state;
  private final Process keeper;
  private final JsonObject facts;

  private RealTriton(List<String> command, Path state, Process keeper, JsonObject facts) {
    this.command = command;
    this.state = state;
    this.keeper = keeper;
    this.facts = facts;
  }

  /**
   * Starts it with every model of the repository and waits until it answers.
   *
   * @param state a folder for its log, which outlives it
   * @param options further options of tritonserver
   * @throws IllegalStateException where it cannot be installed or started; the message says why
   */
  public static RealTriton start(Path models, Path state, String... options) {
    List<String> command = new ArrayList<>(List.of(launcher().toString(), "hold"));
    command.addAll(List.of("--models", models.toString(), "--state", state.toString()));
    command.addAll(List.of("--guard-seconds", START_SECONDS));
    return start(List.copyOf(command), List.of(), state, options);
  }

  /**
   * Another one with the same models on the same ports, once this one is gone.
   *
   * @throws IllegalStateException where it cannot be started; the message says why
   */
  public RealTriton restart(String... options) {
    close();
    List<String> ports = new ArrayList<>(List.of("--ports"));
    for (int port : new int[] {grpcPort(), httpPort(), metricsPort()}) {
      ports.add(Integer.toString(port));
    }
    return start(command, ports, state, options);
  }

  private static RealTriton start(
      List<String> base, List<String> ports, Path state, String... options) {
    List<String> command = new ArrayList<>(base);
    command.addAll(ports);
    command.add("--");
    command.addAll(List.of(options));
    try {
      Path said = Files.createDirectories(state).resolve("keeper.log");
      Process keeper = new ProcessBuilder(command).redirectError(said.toFile()).start();
      // Not closed: the end of the keeper closes it.
      BufferedReader out = keeper.inputReader(UTF_8);
      String line = Optional.ofNullable(out.readLine()).orElse("");
      if (line.isEmpty()) {
        throw new IllegalStateException(whyNot(said));
      }
      return new RealTriton(base, state, keeper, new JsonObject(line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The launcher's own last words; what pip or Triton said before them stays in the log. */
  private static String whyNot(Path log) throws IOException {
    String why =
        Files.readAllLines(log).stream()
            .filter(line -> line.startsWith("servers: ") && !line.endsWith("line above says why"))
            .reduce("servers: it ended without a word", (_, last) -> last);
    return "no real Triton: " + why.substring("servers: ".length()) + " (all of it: " + log + ")";
  }

  /** The repository's script, found from whichever of its folders the JVM runs in. */
  private static Path launcher() {
    Path here = Path.of("").toAbsolutePath();
    return Stream.iterate(here, folder -> folder != null, Path::getParent)
        .map(folder -> folder.resolve("servers/run"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no servers/run in or above " + here));
  }

  public int grpcPort() {
    return facts.getInteger("grpc");
  }

  public int httpPort() {
    return facts.getInteger("http");
  }

  public int metricsPort() {
    return facts.getInteger("metrics");
  }

  public boolean alive() {
    return ProcessHandle.of(facts.getLong("pid")).filter(ProcessHandle::isAlive).isPresent();
  }

  /** The server itself, to be signalled while it is {@link #alive}. */
  public ProcessHandle process() {
    return ProcessHandle.of(facts.getLong("pid")).orElseThrow();
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
