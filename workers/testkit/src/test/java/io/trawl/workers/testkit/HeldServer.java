package io.trawl.workers.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server that the repository's {@code servers/run hold} keeps: installed where it is missing, its
 * start guarded, ended as soon as its holder closes it or is gone.
 */
final class HeldServer implements AutoCloseable {

  /** Nothing of a test's server is worth waiting for: Milvus takes half a minute to say goodbye. */
  private static final String GRACE_SECONDS = "1";

  /** Null where the server is not ours alone: it ends with the run of tests. */
  private final @Nullable Process keeper;

  private final JsonObject facts;

  private HeldServer(@Nullable Process keeper, JsonObject facts) {
    this.keeper = keeper;
    this.facts = facts;
  }

  /**
   * Starts one and waits until it answers.
   *
   * @param name what the message of a failure calls it
   * @param state a folder for its log, which outlives it
   * @param options of {@code hold}
   * @throws IllegalStateException where it cannot be installed or started; the message says why
   */
  static HeldServer start(String name, Path state, List<String> options) {
    List<String> command = new ArrayList<>(List.of(launcher().toString(), "hold"));
    command.addAll(List.of("--state", state.toString(), "--grace-seconds", GRACE_SECONDS));
    command.addAll(options);
    try {
      var said = Files.createDirectories(state).resolve("keeper.log");
      var keeper = new ProcessBuilder(command).redirectError(said.toFile()).start();
      // Not closed: the end of the keeper closes it.
      BufferedReader out = keeper.inputReader(UTF_8);
      var line = Optional.ofNullable(out.readLine()).orElse("");
      if (line.isEmpty()) {
        throw new IllegalStateException("no %s: %s".formatted(name, whyNot(said)));
      }
      return new HeldServer(keeper, new JsonObject(line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The one that all JVMs of this run of tests share: the first starts it, and it ends with the
   * build that started them all.
   *
   * @param kind its name in {@code servers/}
   * @param options of {@code hold}, given a folder for its data
   */
  static HeldServer shared(String name, String kind, Function<Path, List<String>> options) {
    var run = testRun();
    var all = repository().resolve("target/servers/tests");
    try (var lock = FileChannel.open(file(all, "lock"), CREATE, WRITE);
        var _ = lock.lock()) {
      var state = all.resolve(Long.toString(run));
      var known = known(state.resolve(kind + ".json"));
      if (known.isPresent()) {
        return new HeldServer(null, known.get());
      }
      clear(all);
      // A former run's of this pid.
      var data = state.resolve(kind);
      delete(data);
      List<String> held = new ArrayList<>(List.of("--while", Long.toString(run)));
      held.addAll(options.apply(data));
      return new HeldServer(null, start(name, state, held).facts);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path file(Path folder, String name) throws IOException {
    return Files.createDirectories(folder).resolve(name);
  }

  /** What is written of a server, where its keeper lives. */
  private static Optional<JsonObject> known(Path file) throws IOException {
    return Files.exists(file)
        ? Optional.of(new JsonObject(Files.readString(file)))
            .filter(facts -> ProcessHandle.of(facts.getLong("pid")).isPresent())
        : Optional.empty();
  }

  /** Removes what runs that are over have left. */
  private static void clear(Path all) throws IOException {
    try (var runs = Files.newDirectoryStream(all, Files::isDirectory)) {
      for (var each : runs) {
        if (ProcessHandle.of(Long.parseLong(each.getFileName().toString())).isEmpty()) {
          delete(each);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.walk(folder)) {
      for (var each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }

  /** The build that forked this JVM for tests, or this JVM itself. */
  private static long testRun() {
    var self = ProcessHandle.current();
    // Surefire sets it; an editor, whose JVM lives for days, does not.
    var parents =
        System.getProperty("surefire.test.class.path") == null
                && System.getProperty("surefire.real.class.path") == null
            ? Stream.<ProcessHandle>empty()
            : Stream.iterate(
                    self.parent(), Optional::isPresent, up -> up.flatMap(ProcessHandle::parent))
                .flatMap(Optional::stream);
    return parents
        .filter(each -> each.info().command().filter(path -> path.endsWith("/java")).isPresent())
        .findFirst()
        .orElse(self)
        .pid();
  }

  /** The launcher's own last words; what pip or the server said before them stays in the log. */
  private static String whyNot(Path log) throws IOException {
    var why =
        Files.readAllLines(log).stream()
            .filter(line -> line.startsWith("servers: ") && !line.endsWith("line above says why"))
            .reduce("servers: it ended without a word", (_, last) -> last);
    return why.substring("servers: ".length()) + " (all of it: " + log + ")";
  }

  private static Path launcher() {
    return repository().resolve("servers/run");
  }

  /** The folder of the repository, from whichever of its folders the JVM runs in. */
  static Path repository() {
    var here = Path.of("").toAbsolutePath();
    return Stream.iterate(here, folder -> folder != null, Path::getParent)
        .filter(folder -> Files.isExecutable(folder.resolve("servers/run")))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no servers/run in or above " + here));
  }

  int port(String name) {
    return facts.getInteger(name);
  }

  Optional<ProcessHandle> process() {
    return ProcessHandle.of(facts.getLong("pid"));
  }

  Path log() {
    return Path.of(facts.getString("log"));
  }

  /** Ends it, unless others share it, and returns when it is gone. */
  @Override
  public void close() {
    if (keeper == null) {
      return;
    }
    try {
      keeper.getOutputStream().close();
      keeper.onExit().join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
