package io.trawl.bench;

import io.vertx.core.Vertx;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Good and bad requests of every call against a running gateway, sent by the clock: a gateway that
 * gets slower does not get fewer. Each kind has one answer that it must get; the table at the end
 * says which got others. Status 1 where one did.
 */
@Command(
    name = "traffic",
    mixinStandardHelpOptions = true,
    description = "Good and bad requests of every call against a running gateway, by the clock.")
final class TrafficBench implements Callable<Integer> {

  /** Beyond this the generator, not the gateway, would be measured. */
  private static final int MOST_UNDER_WAY = 1_000;

  private static final Duration LAST_ANSWERS = Duration.ofSeconds(30);
  private static final long SEED = 7;

  @Option(
      names = "--http",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "its HTTP port (${DEFAULT-VALUE})")
  private int httpPort;

  @Option(
      names = "--grpc",
      paramLabel = "PORT",
      defaultValue = "9090",
      description = "its gRPC port (${DEFAULT-VALUE})")
  private int grpcPort;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "600",
      description = "how long requests are sent (${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "40",
      description =
          "requests a second, whether others have been answered or not (${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "30",
      description = "seconds between two lines of the table (${DEFAULT-VALUE})")
  private int every;

  @Option(
      names = "--pids",
      split = ",",
      paramLabel = "PID",
      description = "processes whose heap after a collection and resident memory are told")
  private List<Long> pids = List.of();

  private final PrintStream out;
  private final List<TrafficKind> kinds = TrafficKind.all();
  private final List<TrafficKind> round = round(kinds);
  private final TrafficTally tally = new TrafficTally();
  private int next;

  TrafficBench(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (seconds < 1 || rate < 1 || every < 1) {
      throw new IllegalArgumentException("--seconds, --rate and --every are at least 1");
    }
    return run();
  }

  /** Every kind as often as it weighs, in an order without rhythm. */
  private static List<TrafficKind> round(List<TrafficKind> kinds) {
    List<TrafficKind> round = new ArrayList<>();
    kinds.forEach(kind -> round.addAll(Collections.nCopies(kind.weight(), kind)));
    Collections.shuffle(round, new Random(SEED));
    return round;
  }

  private int run() throws InterruptedException {
    var vertx = Vertx.vertx();
    var caller = new TrafficCaller(vertx, httpPort, grpcPort);
    out.printf(
        "%d requests a second for %d s, %d kinds; %s%n%n",
        rate, seconds, kinds.size(), Machine.processor());
    out.println(
        "| s | sent a second | good p50 ms | p99 ms | unexpected | under way |"
            + " heap MiB | resident MiB |");
    out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    try (var clock = Executors.newScheduledThreadPool(2)) {
      clock.scheduleAtFixedRate(
          () -> sendNext(caller), 0, TimeUnit.SECONDS.toNanos(1) / rate, TimeUnit.NANOSECONDS);
      watch(clock);
    }
    caller.close();
    vertx.close();
    out.printf("%n%s%n", tally.table(kinds));
    out.printf(
        "%,d sent, %,d not as expected, %,d never answered, %,d not sent for want of room%n",
        tally.sentCount(), tally.unexpected(), tally.underWay(), tally.notSentCount());
    return tally.unexpected() + tally.underWay() == 0 ? 0 : 1;
  }

  /** Prints a line at each interval, then ends the sending and waits for the last answers. */
  private void watch(ScheduledExecutorService clock) throws InterruptedException {
    long began = System.nanoTime();
    long lastSent = 0;
    long lastNanos = began;
    for (int s = every; s <= seconds; s += every) {
      long until = began + TimeUnit.SECONDS.toNanos(s);
      TimeUnit.NANOSECONDS.sleep(Math.max(0, until - System.nanoTime()));
      long now = System.nanoTime();
      long sent = tally.sentCount();
      line(s, (sent - lastSent) * 1e9 / (now - lastNanos));
      lastSent = sent;
      lastNanos = now;
    }
    clock.shutdown();
    long end = System.nanoTime() + LAST_ANSWERS.toNanos();
    while (tally.underWay() > 0 && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private void line(int second, double rate) {
    var window = tally.window();
    List<String> heap = new ArrayList<>();
    List<String> resident = new ArrayList<>();
    for (long pid : pids) {
      var memory = ProcessMemory.of(pid);
      heap.add("%.0f".formatted(memory.heap()));
      resident.add("%.0f".formatted(memory.resident()));
    }
    out.printf(
        "| %d | %.1f | %.1f | %.1f | %d | %d | %s | %s |%n",
        second,
        rate,
        window.p50Millis(),
        window.p99Millis(),
        tally.unexpected(),
        tally.underWay(),
        String.join(" + ", heap),
        String.join(" + ", resident));
    out.flush();
  }

  private void sendNext(TrafficCaller caller) {
    var kind = round.get(next++ % round.size());
    if (tally.underWay() >= MOST_UNDER_WAY) {
      tally.notSent();
      return;
    }
    tally.sent();
    long began = System.nanoTime();
    kind.send()
        .apply(caller)
        .onComplete(
            how -> tally.ended(kind, how, System.nanoTime() - began),
            why -> tally.ended(kind, "failed: " + why.getMessage(), System.nanoTime() - began));
  }
}
