package io.trawl.bench.load;

import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Asks a gateway for items at a fixed rate, whatever others do, and says what it got. */
public final class GoodCaller implements AutoCloseable {

  private static final String HOST = "127.0.0.1";
  private static final int PER_SECOND = 10;
  private static final int K = 20;
  private static final int USERS = 1_000;
  private static final long SEED = 7;

  private final Vertx vertx = Vertx.vertx();
  private final LoadRun run;

  /**
   * What a good caller saw.
   *
   * @param failed requests that got no 200, or none within their deadline
   * @param endings of those, and how often
   */
  public record Seen(
      long asked, long failed, double p50Millis, double p99Millis, Map<String, Long> endings) {

    /** Of all, as a share. */
    public double failedShare() {
      return asked == 0 ? 0 : (double) failed / asked;
    }

    @Override
    public String toString() {
      return "p50 %.0f ms, p99 %.0f ms, %d of %d failed%s"
          .formatted(p50Millis, p99Millis, failed, asked, endings.isEmpty() ? "" : " " + endings);
    }
  }

  private GoodCaller(
      Wire.Target target,
      Map<String, Integer> mix,
      Path space,
      Scenario.Pacing pacing,
      Duration lasts,
      Duration deadline) {
    var defaults = Scenario.defaults();
    var scenario =
        defaults
            .with(pacing)
            .with(
                new Scenario.Times(
                    Duration.ZERO,
                    lasts,
                    deadline,
                    defaults.times().grace(),
                    defaults.times().lateAfter()));
    this.run =
        new LoadRun(
            vertx,
            target,
            scenario,
            source(mix, space, deadline),
            Gaps.fixed(PER_SECOND),
            Ticker.system(),
            new LoadRun.Files(null, null));
  }

  private static Source source(Map<String, Integer> mix, Path directory, Duration deadline) {
    try (var space = Space.openWithoutVectors(directory, Verification.SIZES);
        var sample = space.users()) {
      var choice = new UserChoice(1, 100, 10, List.of(), K, true, "");
      var asked =
          new Asked(
              choice,
              List.of(space.objectives().getFirst()),
              space.manifest().sizes().vectorWidth(),
              (int) deadline.toMillis());
      Map<Kind, Integer> kinds = new LinkedHashMap<>();
      mix.forEach((name, often) -> kinds.put(Objects.requireNonNull(Kind.all().get(name)), often));
      return Source.mixed(
          kinds,
          new Users(sample.limit(USERS).toList(), choice, SEED),
          asked,
          new SplittableRandom(SEED));
    }
  }

  /** Begins to ask, ten times a second. */
  public static GoodCaller start(int httpPort, Path space, Duration deadline) {
    var pacing =
        new Scenario.Pacing(
            Scenario.Loop.OPEN, Scenario.Arrivals.FIXED, PER_SECOND, 1, Duration.ZERO);
    var caller =
        new GoodCaller(
            new Wire.Target(HOST, httpPort, httpPort),
            Map.of("http-retrieve", 1),
            space,
            pacing,
            Duration.ofHours(1),
            deadline);
    caller.run.start();
    return caller;
  }

  /** Two ask one request after the other over both protocols, so that a process is warm. */
  public static void warm(int httpPort, int grpcPort, Path space, Duration lasts)
      throws InterruptedException {
    var pacing =
        new Scenario.Pacing(
            Scenario.Loop.CLOSED, Scenario.Arrivals.FIXED, PER_SECOND, 2, Duration.ZERO);
    try (var caller =
        new GoodCaller(
            new Wire.Target(HOST, httpPort, grpcPort),
            Map.of("http-retrieve", 1, "grpc-retrieve", 1),
            space,
            pacing,
            lasts,
            Duration.ofSeconds(10))) {
      caller.run.start();
      caller.end();
    }
  }

  /** Asks no more, and waits for what is under way. */
  public Seen end() throws InterruptedException {
    run.endSending();
    while (!run.isOver()) {
      Thread.sleep(20);
    }
    var tally = run.counted();
    var all = Tally.sum(tally.entries().stream().map(e -> e.getValue().total()).toList());
    Map<String, Long> endings = new TreeMap<>();
    tally
        .entries()
        .forEach(
            entry -> {
              if (!entry.getKey().ending().equals(entry.getKey().expected())) {
                endings.put(entry.getKey().ending(), entry.getValue().total().getTotalCount());
              }
            });
    return new Seen(
        tally.goodCount(),
        tally.goodCount() - tally.withinDeadline(),
        all.getValueAtPercentile(50) / 1e3,
        all.getValueAtPercentile(99) / 1e3,
        endings);
  }

  @Override
  public void close() {
    run.close();
    vertx.close();
  }
}
