package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.eval.EvalOptions;
import io.trawl.app.eval.EvalReport;
import io.trawl.app.eval.Evaluation;
import io.trawl.app.eval.Minimum;
import io.trawl.app.files.WholeFile;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.app.terminal.ProgressBar;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.process.IoReason;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code trawl eval}. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the quality of a space through the whole running system (HTTP, worker, engine):"
          + " held-out items of its sample users, full ranking, each user's own history left out;"
          + " popularity, co-occurrence and BM25 beside it. Exit status 1 when a minimum is missed"
          + " or a request failed."
    })
final class EvalCommand implements Callable<Integer> {

  /** More than any number of callers asks for at one time. */
  private static final int MOST_WORK = 1 << 20;

  private static final Duration AT_MOST = Duration.ofHours(2);
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  @Option(names = "--space", paramLabel = "DIR", description = "the space; the demo's if not given")
  private Path directory = TrawlConfig.DEMO_SPACE;

  @Option(
      names = "--users",
      defaultValue = "0",
      paramLabel = "COUNT",
      description = "users per objective, drawn by the seed; 0, the default, for all")
  private int users;

  @Option(
      names = "--objective",
      paramLabel = "NAME",
      description =
          "measure this objective; repeatable; all that the space was trained on if not given")
  private List<String> objectives = List.of();

  @Option(names = "--engine", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}")
  private @Nullable EngineName engine;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "which users are drawn, default ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--in-flight",
      defaultValue = "16",
      paramLabel = "COUNT",
      description = "requests at a time, default ${DEFAULT-VALUE}")
  private int inFlight;

  @Option(names = "--json", paramLabel = "FILE", description = "write the report here as JSON too")
  private @Nullable Path json;

  @Option(
      names = "--min",
      paramLabel = "OBJECTIVE:METRIC=VALUE",
      description = "fail below this figure, such as next-item:hr@10=0.06; repeatable")
  private List<String> minimums = List.of();

  @Option(
      names = "--above-popularity",
      description = "fail unless every objective is clearly above popularity and above chance")
  private boolean abovePopularity;

  @Override
  public Integer call() {
    CannotStart.requireFolderOf(json);
    var options = CannotStart.unlessRefused(this::options);
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var vertx = Platform.vertx(registry, TrawlConfig.defaults().listen());
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      CannotStart.unlessRefused(() -> Evaluation.objectives(space, options));
      // Its callers wait for each answer, and an answer that is refused is no quality.
      var config =
          TrawlConfig.defaults().withSpace(directory).withPorts(0, 0, 0).withFixedWork(MOST_WORK);
      var node = LocalNode.start(vertx, config, space, registry);
      var report = run(vertx, node, space, options);
      System.out.println(report.text(Terminal.ansi()));
      write(report);
      Running.await(node.close(), "the end");
      return report.passed() ? 0 : 1;
    } finally {
      vertx.close();
    }
  }

  private EvalReport run(Vertx vertx, LocalNode node, Space space, EvalOptions options) {
    var progress =
        new ProgressBar(System.err, Terminal.interactive(), Terminal.ansi(), Ticker.system());
    var base = URI.create("http://127.0.0.1:" + node.ports().byName().get("http"));
    return Running.await(
        new Evaluation(vertx, base, space, options, progress, Ticker.system()).run(),
        AT_MOST,
        "the evaluation");
  }

  private EvalOptions options() {
    return new EvalOptions(
        users,
        objectives,
        new EngineRequest(engine, null, null, null, null, null),
        seed,
        inFlight,
        DEADLINE,
        minimums.stream().map(Minimum::parse).toList(),
        abovePopularity);
  }

  private void write(EvalReport report) {
    if (json != null) {
      try {
        WholeFile.write(json, report.json().encodePrettily() + "\n");
      } catch (IOException unwritable) {
        throw new CannotStart(
            "the report cannot be written to " + json + ": " + IoReason.of(unwritable));
      }
    }
  }
}
