package io.trawl.bench.load;

import io.trawl.app.config.ConfigRefused;
import io.trawl.app.config.Durations;
import io.trawl.app.config.PortNumber;
import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.ProgressBar;
import io.trawl.bench.Machine;
import io.trawl.bench.ProcessMemory;
import io.trawl.domain.Nearest;
import io.trawl.domain.Objective;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./trawl bench load}. Status 1 where a request ended otherwise than its kind must. */
@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    description = {
      "Sends the requests of a scenario to a running gateway, and tells what came of them.",
      "Committed scenarios: mixed, overload, peak-http, peak-grpc, retrieve, stages, stages-exact.",
      "Latency counts from when a request should have left."
    })
public final class LoadCommand implements Callable<Integer> {

  private static final int MOST_USERS = 100_000;
  private static final String HLOG = ".hlog";

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "SCENARIO",
      defaultValue = "retrieve",
      description = "the name of a committed scenario, or a YAML file (${DEFAULT-VALUE})")
  private String scenario = "";

  @Option(
      names = "--space",
      paramLabel = "DIR",
      defaultValue = "triton-models/spaces/demo-shop",
      description = "the space that the gateway serves (${DEFAULT-VALUE})")
  private Path directory = Path.of("");

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "the gateway's (${DEFAULT-VALUE})")
  private String host = "";

  @Option(
      names = "--http",
      converter = PortNumber.Called.class,
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "its HTTP port (${DEFAULT-VALUE})")
  private int httpPort;

  @Option(
      names = "--grpc",
      converter = PortNumber.Called.class,
      paramLabel = "PORT",
      defaultValue = "9090",
      description = "its gRPC port (${DEFAULT-VALUE})")
  private int grpcPort;

  @Option(
      names = "--admin",
      converter = PortNumber.Called.class,
      paramLabel = "PORT",
      description = "its admin port: tells what it allocated for a request")
  private @Nullable Integer adminPort;

  @Option(names = "--rate", paramLabel = "N", description = "instead of the scenario's")
  private @Nullable Double rate;

  @Option(names = "--callers", paramLabel = "N", description = "instead of the scenario's")
  private @Nullable Integer callers;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      description = "instead of the scenario's, such as 90s or 10m")
  private @Nullable String duration;

  @Option(
      names = "--warm-up",
      paramLabel = "TIME",
      description = "instead of the scenario's, such as 0s")
  private @Nullable String warmUp;

  @Option(
      names = "--record",
      paramLabel = "FILE",
      description = "write each request here as it leaves, a line of JSON each, for --replay")
  private @Nullable Path record;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description = "send these requests at their times instead of the scenario's mix")
  private @Nullable Path replay;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      description =
          "write what came of each request, a line of JSON each; or, where the name ends in"
              + " .hlog, histograms of each second by kind and ending")
  private @Nullable Path results;

  @Option(
      names = "--pids",
      split = ",",
      paramLabel = "PID",
      description = "processes whose memory is told at each interval, heap after a collection")
  private List<Long> pids = List.of();

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "30",
      description = "seconds between two lines of --pids (${DEFAULT-VALUE})")
  private int every;

  private final PrintStream out;
  private final PrintStream err;

  public LoadCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (every < 1) {
      throw new ConfigRefused("--every is " + every + "; expected at least 1");
    }
    var file = ScenarioFile.read(scenario);
    var told = told(file.scenario());
    try (var space = Space.openWithoutVectors(directory, Verification.SIZES)) {
      return run(new ScenarioFile(file.name(), told, file.mix()), space);
    }
  }

  /** The scenario with what the command line says. */
  private Scenario told(Scenario read) {
    try {
      var pacing = read.pacing();
      var times = read.times();
      return read.with(
              new Scenario.Pacing(
                  pacing.loop(),
                  pacing.arrivals(),
                  rate == null ? pacing.rate() : rate,
                  callers == null ? pacing.callers() : callers,
                  pacing.think()))
          .with(
              new Scenario.Times(
                  warmUp == null ? times.warmUp() : Durations.parse(warmUp),
                  duration == null ? times.duration() : Durations.parse(duration),
                  times.deadline(),
                  times.grace(),
                  times.lateAfter()));
    } catch (IllegalArgumentException wrong) {
      throw new ConfigRefused("--" + wrong.getMessage());
    }
  }

  private int run(ScenarioFile file, Space space) throws IOException, InterruptedException {
    var told = file.scenario();
    var chance = new SplittableRandom(told.seed());
    try (var recording = lines(record);
        var lines = results == null || isHlog(results) ? null : lines(results);
        var hlog = results != null && isHlog(results) ? Hlog.to(results) : null;
        var recalled = replay == null ? null : Replay.of(replay)) {
      var source = recalled == null ? mixed(file, space, chance.split()) : recalled;
      var gaps = recalled == null ? Gaps.of(told.pacing(), chance.split()) : recalled;
      var vertx = Vertx.vertx();
      var run =
          new LoadRun(
              vertx,
              new Wire.Target(host, httpPort, grpcPort),
              told,
              source,
              gaps,
              Ticker.system(),
              new LoadRun.Files(recording, lines));
      out.printf("%s%n%n", heading(file, space));
      var before = adminPort == null ? null : MetricsPage.read(host, adminPort);
      run.start();
      watch(run, told, hlog);
      new LoadReport(run.counted(), told).print(out);
      LoadReport.printStages(run.stages(), out);
      tellGateway(run, before);
      tellDropped("--record", recording);
      tellDropped("--results", lines);
      run.close();
      vertx.close();
      return run.counted().unexpected() + run.counted().underWay() == 0 ? 0 : 1;
    }
  }

  private static boolean isHlog(Path file) {
    return file.toString().endsWith(HLOG);
  }

  private static @Nullable Lines lines(@Nullable Path file) throws IOException {
    return file == null ? null : Lines.to(file);
  }

  private Source mixed(ScenarioFile file, Space space, RandomGenerator chance) {
    var told = file.scenario();
    try (var sample = space.users()) {
      var users = new Users(sample.limit(MOST_USERS).toList(), told.users(), told.seed());
      var asked =
          new Asked(
              told.users(),
              objectives(space, told.users().objectives()),
              space.manifest().sizes().vectorWidth(),
              (int) told.times().deadline().toMillis());
      return Source.mixed(file.mix(), users, asked, chance);
    }
  }

  private static List<Objective> objectives(Space space, List<String> names) {
    if (names.isEmpty()) {
      return List.of(space.objectives().getFirst());
    }
    var known = space.objectives().stream().map(Objective::name).toList();
    return names.stream()
        .map(
            name ->
                space
                    .objective(name)
                    .orElseThrow(
                        () ->
                            new ConfigRefused(
                                "users.objectives has '%s', which space %s does not have%s"
                                    .formatted(name, space.id(), Nearest.advice(name, known)))))
        .toList();
  }

  private String heading(ScenarioFile file, Space space) {
    var pacing = file.scenario().pacing();
    var times = file.scenario().times();
    var rhythm =
        switch (pacing.loop()) {
          case OPEN ->
              replay != null
                  ? "as recorded"
                  : "open loop, %,.1f requests a second".formatted(pacing.rate());
          case CLOSED -> "closed loop, %,d callers".formatted(pacing.callers());
        };
    return "%s: %s, %d s after %d s to warm up; space %s; %s"
        .formatted(
            file.name(),
            rhythm,
            times.duration().toSeconds(),
            times.warmUp().toSeconds(),
            space.id(),
            Machine.processor());
  }

  /** Looks each second, until the last answer has come. */
  private void watch(LoadRun run, Scenario told, @Nullable Hlog hlog)
      throws IOException, InterruptedException {
    long seconds = told.times().warmUp().plus(told.times().duration()).toSeconds();
    var bar = new ProgressBar(err, interactive(), Ansi.plain(), Ticker.system());
    try (var task = bar.begin("load", seconds)) {
      long lastBegun = 0;
      for (long second = 1; !run.isOver(); second++) {
        pause(run);
        long begun = run.begun();
        if (second <= seconds) {
          task.advance(
              1,
              "%,d/s, %,d under way, %,d not as expected"
                  .formatted(
                      begun - lastBegun,
                      run.counted().underWay() + run.warmUp().underWay(),
                      run.counted().unexpected()));
        }
        lastBegun = begun;
        if (hlog != null) {
          hlog.interval(run.counted());
        }
        if (!pids.isEmpty() && second % every == 0) {
          tellMemory(second);
        }
      }
    }
  }

  /** Whether a person looks on. */
  private static boolean interactive() {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  /** A second, or less where the run ends. */
  private static void pause(LoadRun run) throws InterruptedException {
    for (int i = 0; i < 20 && !run.isOver(); i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private void tellMemory(long second) {
    var line = new StringBuilder("%4d s".formatted(second));
    for (long pid : pids) {
      var memory = ProcessMemory.of(pid);
      line.append(
          "  pid %d: heap %.0f MiB, resident %.0f MiB"
              .formatted(pid, memory.heap(), memory.resident()));
    }
    out.println(line);
  }

  private void tellGateway(LoadRun run, @Nullable MetricsPage before)
      throws IOException, InterruptedException {
    if (before == null || adminPort == null) {
      return;
    }
    var after = MetricsPage.read(host, adminPort);
    out.printf(
        "%nallocated by the gateway %,.0f bytes a request, warm-up included; its heap in use %,.0f"
            + " MiB%n",
        (after.allocatedBytes() - before.allocatedBytes()) / Math.max(1, run.begun()),
        after.heapBytes() / (1 << 20));
  }

  private void tellDropped(String option, @Nullable Lines lines) {
    if (lines != null && lines.dropped() > 0) {
      out.printf("%s: %,d lines were not written in time%n", option, lines.dropped());
    }
  }
}
