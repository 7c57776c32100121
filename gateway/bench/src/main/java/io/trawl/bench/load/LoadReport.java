package io.trawl.bench.load;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** The tables at the end of a run. */
final class LoadReport {

  private final Tally tally;
  private final Scenario scenario;

  LoadReport(Tally tally, Scenario scenario) {
    this.tally = tally;
    this.scenario = scenario;
  }

  void print(PrintStream out) {
    Map<Tally.Key, Histogram> all = new TreeMap<>();
    tally.entries().forEach(entry -> all.put(entry.getKey(), entry.getValue().total()));
    out.println("| kind | ending | requests | p50 ms | p90 | p99 | p99.9 | highest |");
    out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    all.forEach((key, latencies) -> row(out, key.kind(), words(key), latencies));
    byEnding(all).forEach((ending, latencies) -> row(out, "all", ending, latencies));
    out.println();
    summary(out);
  }

  /** An ending that its kind must not have stands out. */
  private static String words(Tally.Key key) {
    return key.ending().equals(key.expected())
        ? key.ending()
        : "%s, not %s".formatted(key.ending(), key.expected());
  }

  private static Map<String, Histogram> byEnding(Map<Tally.Key, Histogram> all) {
    return all.entrySet().stream()
        .collect(
            Collectors.groupingBy(
                entry -> entry.getKey().ending(),
                TreeMap::new,
                Collectors.collectingAndThen(
                    Collectors.mapping(Map.Entry::getValue, Collectors.toList()), Tally::sum)));
  }

  private static void row(PrintStream out, String kind, String ending, Histogram latencies) {
    out.printf(
        "| %s | %s | %,d | %s | %s | %s | %s | %s |%n",
        kind,
        ending,
        latencies.getTotalCount(),
        millis(latencies.getValueAtPercentile(50)),
        millis(latencies.getValueAtPercentile(90)),
        millis(latencies.getValueAtPercentile(99)),
        millis(latencies.getValueAtPercentile(99.9)),
        millis(latencies.getMaxValue()));
  }

  static String millis(long micros) {
    return micros < 100_000
        ? "%,.2f".formatted(micros / 1_000.0)
        : "%,.0f".formatted(micros / 1_000.0);
  }

  private void summary(PrintStream out) {
    double seconds = scenario.times().duration().toNanos() / 1e9;
    long good = tally.goodCount();
    out.printf(
        "%,d requests in %.1f s, %,.1f a second; %,d not as expected, %,d under way at the end%n",
        tally.begun(), seconds, tally.begun() / seconds, tally.unexpected(), tally.underWay());
    out.printf(
        "goodput %,.1f answers a second within their deadline: %,d of %,d good requests, %.2f %%%n",
        tally.withinDeadline() / seconds,
        tally.withinDeadline(),
        good,
        good == 0 ? 0 : 100.0 * tally.withinDeadline() / good);
    if (scenario.pacing().loop() == Scenario.Loop.OPEN) {
      out.printf(
          "late: %,d left more than %d ms after their time, the latest %s ms; not sent before"
              + " their deadline: %,d%n",
          tally.late(),
          scenario.times().lateAfter().toMillis(),
          millis(tally.latestStartNanos() / 1_000),
          tally.notSentCount());
    }
    if (tally.latestAnswerNanos() > 0) {
      out.printf(
          "the latest answer came %s ms after its deadline, from when its request left%n",
          millis(tally.latestAnswerNanos() / 1_000));
    }
  }

  static void printStages(Map<String, Tally.Series> stages, PrintStream out) {
    if (stages.isEmpty()) {
      return;
    }
    out.printf("%n| stage | p50 ms | p99 |%n| --- | --- | --- |%n");
    for (var stage : List.copyOf(new TreeMap<>(stages).entrySet())) {
      var micros = stage.getValue().total();
      out.printf(
          "| %s | %.3f | %.3f |%n",
          stage.getKey(),
          micros.getValueAtPercentile(50) / 1_000.0,
          micros.getValueAtPercentile(99) / 1_000.0);
    }
  }
}
