package io.trawl.bench.attack;

import io.trawl.app.config.ConfigRefused;
import io.trawl.app.config.PortNumber;
import io.trawl.bench.Machine;
import io.trawl.bench.attack.Attack.Wish;
import io.trawl.domain.Nearest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./trawl bench attack}. Status 1 where a bound did not hold. */
@Command(
    name = "attack",
    mixinStandardHelpOptions = true,
    description = {
      "Attacks a gateway and its worker beside a good caller, and tells which bounds held.",
      "Without ports it starts both, with heaps of 512 MiB."
    })
public final class AttackCommand implements Callable<Integer> {

  @Parameters(
      index = "0..*",
      arity = "0..*",
      paramLabel = "NAME",
      description = "attacks, in this order; 'all' for every one, 'quick' for those of each build")
  private List<String> names = List.of();

  @Option(names = "--list", description = "names the attacks and their bounds, and ends")
  private boolean list;

  @Option(
      names = "--space",
      paramLabel = "DIR",
      defaultValue = "triton-models/spaces/demo-shop",
      description = "the space that is served (${DEFAULT-VALUE})")
  private Path space = Path.of("");

  @Option(names = "--verbose", description = "tells all that was seen, not only what broke a bound")
  private boolean verbose;

  @ArgGroup(exclusive = false, heading = "A gateway and a worker that run on this machine:%n")
  private @Nullable Running running;

  /** Where they are. */
  static final class Running {
    @Option(
        names = "--http",
        converter = PortNumber.Called.class,
        required = true,
        paramLabel = "PORT")
    int http;

    @Option(
        names = "--grpc",
        converter = PortNumber.Called.class,
        required = true,
        paramLabel = "PORT")
    int grpc;

    @Option(
        names = "--admin",
        converter = PortNumber.Called.class,
        required = true,
        paramLabel = "PORT")
    int admin;

    @Option(
        names = "--worker-http",
        converter = PortNumber.Called.class,
        required = true,
        paramLabel = "PORT")
    int workerHttp;

    @Option(
        names = "--worker-grpc",
        converter = PortNumber.Called.class,
        required = true,
        paramLabel = "PORT")
    int workerGrpc;

    @Option(
        names = "--worker-metrics",
        converter = PortNumber.Called.class,
        required = true,
        paramLabel = "PORT")
    int workerMetrics;

    @Option(
        names = "--gateway-pid",
        paramLabel = "PID",
        description = "whose memory, descriptors and threads are looked at")
    @Nullable Long gateway;

    @Option(names = "--worker-pid", paramLabel = "PID", description = "likewise")
    @Nullable Long worker;

    Target target(Path space) {
      return new Target(
          new Target.GatewayPorts(http, grpc, admin),
          new Target.WorkerPorts(workerHttp, workerGrpc, workerMetrics),
          pid(gateway),
          pid(worker),
          space);
    }

    private static OptionalLong pid(@Nullable Long pid) {
      return pid == null ? OptionalLong.empty() : OptionalLong.of(pid);
    }
  }

  private final AttackRun run = new AttackRun(Duration.ofSeconds(2), 0.05);
  private final PrintStream out;
  private final PrintStream err;
  private OwnNode.@Nullable Started shared;

  public AttackCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (list) {
      Attacks.byName()
          .values()
          .forEach(a -> out.printf("%-28s %s: %s%n", a.name(), a.deed(), a.bound()));
      return 0;
    }
    var chosen = chosen();
    if (chosen.isEmpty()) {
      throw new ConfigRefused(
          "no attack is named; expected all, quick, or some of "
              + String.join(", ", Attacks.byName().keySet()));
    }
    return attack(chosen);
  }

  private Collection<Attack> chosen() {
    List<Attack> chosen = new ArrayList<>();
    for (var name : names) {
      switch (name) {
        case "all" -> chosen.addAll(Attacks.byName().values());
        case "quick" ->
            Attacks.byName().values().stream().filter(Attack::quick).forEach(chosen::add);
        default -> chosen.add(named(name));
      }
    }
    return chosen;
  }

  private static Attack named(String name) {
    var found = Attacks.byName().get(name);
    if (found == null) {
      throw new ConfigRefused(
          "there is no attack '%s'%s"
              .formatted(name, Nearest.advice(name, Attacks.byName().keySet())));
    }
    return found;
  }

  private int attack(Collection<Attack> chosen) throws IOException, InterruptedException {
    out.printf("%s%n%n", Machine.processor());
    out.println(
        "| attack | what was done | bound | held | good caller | gateway after | worker after |");
    out.println("| --- | --- | --- | --- | --- | --- | --- |");
    int broken = 0;
    try {
      for (var attack : chosen) {
        if (running != null && attack.wish() != Wish.ANY) {
          err.printf("%s: left out, it needs a node of its own%n", attack.name());
          continue;
        }
        err.printf("%s: %s%n", attack.name(), attack.deed());
        var report = report(attack);
        row(report);
        broken += report.held() ? 0 : 1;
      }
    } finally {
      end();
    }
    return broken == 0 ? 0 : 1;
  }

  private AttackRun.Report report(Attack attack) throws IOException, InterruptedException {
    if (running != null) {
      return run.of(attack, running.target(space));
    }
    if (attack.wish() != Wish.ANY) {
      var own = OwnNode.start(space, attack.wish());
      try (var node = own.node()) {
        return told(run.of(attack, own.target()), node);
      }
    }
    if (shared == null) {
      shared = OwnNode.start(space, Wish.ANY);
    }
    var node = Objects.requireNonNull(shared);
    var report = told(run.of(attack, node.target()), node.node());
    if (!report.held()) {
      // The next attack shall find a node in order.
      end();
    }
    return report;
  }

  private AttackRun.Report told(AttackRun.Report report, OwnNode node) {
    if (verbose && !report.held()) {
      err.printf("the gateway's log:%n%s%n", node.logged("gateway").indent(2));
      err.printf("the worker's log:%n%s%n", node.logged("worker").indent(2));
    }
    return report;
  }

  private void end() {
    if (shared != null) {
      shared.node().close();
      shared = null;
    }
  }

  private void row(AttackRun.Report report) {
    out.printf(
        "| %s | %s | %s | %s | %s | %s | %s |%n",
        report.attack().name(),
        report.attack().deed(),
        report.attack().bound(),
        report.held() ? "yes" : "NO: " + String.join("; ", report.findings().broken()),
        report.good(),
        report.gateway(),
        report.worker());
    if (verbose) {
      report.findings().seen().forEach(seen -> err.println("  " + seen));
    }
    out.flush();
  }
}
