package io.trawl.bench.attack;

import io.trawl.bench.attack.Attack.Wish;
import io.trawl.bench.load.GoodCaller;
import io.trawl.workers.process.FileTree;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A gateway and its worker over a space, each a process with a small heap. They end with this JVM.
 */
final class OwnNode implements AutoCloseable {

  private static final String HEAP = "-Xmx512m";
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration WARM_UP = Duration.ofSeconds(8);
  private static final Duration END = Duration.ofSeconds(10);
  private static final int TAIL_LINES = 15;

  private final Path folder;
  private final Wish wish;
  private final List<Process> processes = new ArrayList<>();
  private final Thread ending = new Thread(this::kill);

  private OwnNode(Path folder, Wish wish) {
    this.folder = folder;
    this.wish = wish;
  }

  /** A running node and where it is. */
  record Started(OwnNode node, Target target) {}

  /**
   * Starts one and waits until it is ready.
   *
   * @throws IllegalStateException if it does not get ready; says what it logged
   */
  static Started start(Path space, Wish wish) throws IOException, InterruptedException {
    var node = new OwnNode(Files.createTempDirectory("trawl-attack"), wish);
    Runtime.getRuntime().addShutdownHook(node.ending);
    try {
      return new Started(node, node.begin(space));
    } catch (IOException | InterruptedException | RuntimeException failed) {
      node.close();
      throw failed;
    }
  }

  private Target begin(Path given) throws IOException, InterruptedException {
    var space = wish == Wish.OWN_SPACE ? copy(given, folder.resolve("space")) : given;
    var worker =
        java(
            "worker",
            List.of(
                "worker",
                "--model-repository",
                space.resolve("models").toString(),
                "--grpc-port",
                "0",
                "--http-port",
                "0",
                "--metrics-port",
                "0",
                "--ports-file",
                folder.resolve("worker.ports").toString()));
    var workerPorts = ports(worker, "worker");
    var gateway =
        java(
            "gateway",
            List.of(
                "serve",
                "--space",
                space.toString(),
                "--worker",
                "127.0.0.1:" + port(workerPorts, "worker-grpc"),
                "--http-port",
                "0",
                "--grpc-port",
                "0",
                "--admin-port",
                "0",
                "--ports-file",
                folder.resolve("gateway.ports").toString()));
    var ports = ports(gateway, "gateway");
    var target =
        new Target(
            new Target.GatewayPorts(port(ports, "http"), port(ports, "grpc"), port(ports, "admin")),
            new Target.WorkerPorts(
                port(workerPorts, "worker-http"),
                port(workerPorts, "worker-grpc"),
                port(workerPorts, "worker-metrics")),
            OptionalLong.of(gateway.pid()),
            OptionalLong.of(worker.pid()),
            space);
    if (!Crowd.until(() -> Http1.isReady(target.admin()), START)) {
      throw new IllegalStateException("the gateway did not get ready:\n" + logged("gateway"));
    }
    GoodCaller.warm(target.http(), target.grpc(), space, WARM_UP);
    return target;
  }

  private Process java(String name, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            HEAP,
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-DisplayVMOutput",
            "-Xlog:disable",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    if (name.equals("gateway")) {
      command.add("--add-modules=jdk.incubator.vector");
    }
    command.addAll(List.of("-cp", classPath(), "io.trawl.app.Main"));
    command.addAll(arguments);
    var builder =
        new ProcessBuilder(command).redirectOutput(folder.resolve(name + ".out").toFile());
    if (wish != Wish.UNREAD_LOG || !name.equals("gateway")) {
      builder.redirectError(folder.resolve(name + ".err").toFile());
    }
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    builder.environment().put("DJL_OFFLINE", "true");
    // What our own caller was told of a test's logging is not meant for them.
    builder.environment().remove("JDK_JAVA_OPTIONS");
    var process = builder.start();
    processes.add(process);
    return process;
  }

  /** Of this JVM, in whole paths. */
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private Map<String, Integer> ports(Process process, String name)
      throws IOException, InterruptedException {
    var file = folder.resolve(name + ".ports");
    Crowd.until(() -> Files.exists(file) || !process.isAlive(), START);
    if (!Files.exists(file)) {
      throw new IllegalStateException("the " + name + " did not start:\n" + logged(name));
    }
    return Files.readAllLines(file).stream()
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(part -> part[0], part -> Integer.parseInt(part[1])));
  }

  private static int port(Map<String, Integer> ports, String name) {
    var port = ports.get(name);
    if (port == null) {
      throw new IllegalStateException("no port " + name + " among " + ports);
    }
    return port;
  }

  /** The last lines of a process' log, and of what the JVM itself said. */
  String logged(String name) {
    return tail(name + ".err") + "\n" + tail(name + ".out");
  }

  private String tail(String log) {
    try {
      var file = folder.resolve(log);
      if (!Files.exists(file)) {
        return "";
      }
      var lines = Files.readAllLines(file);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  @Override
  public void close() {
    // The gateway first, as it was started last.
    for (var process : processes.reversed()) {
      process.destroy();
      try {
        if (!process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        process.destroyForcibly();
      }
    }
    try {
      Runtime.getRuntime().removeShutdownHook(ending);
    } catch (IllegalStateException _) {
      // This JVM is ending, and the hook does the same.
    }
    delete(folder);
  }

  private void kill() {
    processes.forEach(Process::destroyForcibly);
    delete(folder);
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (var file : (Iterable<Path>) files::iterator) {
        var copied = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copied);
        } else {
          Files.copy(file, copied);
        }
      }
    }
    return to;
  }

  private static void delete(Path folder) {
    try {
      FileTree.delete(folder);
    } catch (IOException kept) {
      throw new UncheckedIOException(kept);
    }
  }
}
