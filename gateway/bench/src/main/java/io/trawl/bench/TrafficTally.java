package io.trawl.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What became of the requests; written by many threads, read by one. */
final class TrafficTally {

  private final Map<String, Map<String, Integer>> endings = new TreeMap<>();
  private List<Long> goodNanos = new ArrayList<>();
  private long sent;
  private long ended;
  private long unexpected;
  private long notSent;

  /** The times of good requests since the last time this was asked for. */
  record Window(int good, double p50Millis, double p99Millis) {}

  synchronized void sent() {
    sent++;
  }

  /** A request that found too many others under way. */
  synchronized void notSent() {
    notSent++;
  }

  synchronized void ended(TrafficKind kind, String how, long nanos) {
    ended++;
    endings.computeIfAbsent(kind.name(), _ -> new TreeMap<>()).merge(how, 1, Integer::sum);
    if (!how.equals(kind.expected())) {
      unexpected++;
    } else if (kind.good()) {
      goodNanos.add(nanos);
    }
  }

  synchronized long underWay() {
    return sent - ended;
  }

  synchronized long unexpected() {
    return unexpected;
  }

  synchronized long notSentCount() {
    return notSent;
  }

  synchronized long sentCount() {
    return sent;
  }

  synchronized Window window() {
    var sorted = goodNanos.stream().mapToLong(Long::longValue).sorted().toArray();
    goodNanos = new ArrayList<>();
    return sorted.length == 0
        ? new Window(0, Double.NaN, Double.NaN)
        : new Window(
            sorted.length, sorted[sorted.length / 2] / 1e6, sorted[sorted.length * 99 / 100] / 1e6);
  }

  /** A table of all kinds. */
  synchronized String table(List<TrafficKind> kinds) {
    var out = new StringBuilder("| kind | expected | sent | as expected | otherwise |\n");
    out.append("| --- | --- | --- | --- | --- |\n");
    for (var kind : kinds) {
      var seen = endings.getOrDefault(kind.name(), Map.of());
      int all = seen.values().stream().mapToInt(Integer::intValue).sum();
      int expected = seen.getOrDefault(kind.expected(), 0);
      var others = new TreeMap<>(seen);
      others.remove(kind.expected());
      out.append(
          "| %s | %s | %,d | %,d | %s |%n"
              .formatted(
                  kind.name(),
                  kind.expected(),
                  all,
                  expected,
                  others.isEmpty() ? "" : Arrays.toString(others.entrySet().toArray())));
    }
    return out.toString();
  }
}
