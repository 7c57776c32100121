package io.trawl.app.eval;

import io.trawl.app.client.RequestFailed;
import io.trawl.domain.Degradation;
import io.trawl.domain.Leg;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.space.catalogue.Catalogue;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Counts the answers of one objective. Used by one thread at a time. */
final class Tally {

  private final Catalogue catalogue;
  private final Quality.Sum quality = new Quality.Sum();
  private final Map<Degradation.Kind, Long> degradations = new EnumMap<>(Degradation.Kind.class);
  private final TreeSet<String> engines = new TreeSet<>();
  private final Latencies latencies = new Latencies();
  private long answered;
  private long failed;
  private long unsent;
  private long rounds;
  private long itemsScored;
  private @Nullable String firstFailure;

  Tally(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  /** Counts an answer. Throws {@link RequestFailed} if it breaks what the API promises. */
  void answered(EvalCase aCase, Retrieval retrieval, int k, long nanos) {
    if (retrieval.lists().size() != 1) {
      throw new RequestFailed(retrieval.lists().size() + " lists answered; expected 1");
    }
    var list = retrieval.lists().getFirst();
    quality.add(ranks(aCase, list, k));
    answered++;
    rounds += list.search().rounds();
    itemsScored += list.search().itemsScored();
    engines.add(list.search().engine());
    latencies.add(nanos);
    list.degradations().forEach(d -> degradations.merge(d.kind(), 1L, Long::sum));
  }

  /** The places of the right items in the list, which is checked on the way. */
  private int[] ranks(EvalCase aCase, ObjectiveRetrieval list, int k) {
    if (!list.objective().equals(aCase.objective()) || list.items().size() > k) {
      throw new RequestFailed(
          "%d items for objective %s answered; expected at most %d for %s"
              .formatted(list.items().size(), list.objective(), k, aCase.objective()));
    }
    var places = new HashMap<Integer, Integer>();
    var previous = Float.POSITIVE_INFINITY;
    for (var item : list.items()) {
      var ordinal = catalogue.ordinal(item.id());
      if (ordinal < 0 || places.putIfAbsent(ordinal, places.size()) != null) {
        throw new RequestFailed("item %s is unknown or stands twice".formatted(item.id()));
      }
      if (!(item.score() <= previous)) {
        throw new RequestFailed("item %s stands behind a lower score".formatted(item.id()));
      }
      previous = item.score();
    }
    if (Arrays.stream(aCase.history()).anyMatch(places::containsKey)) {
      throw new RequestFailed("an item of the history was answered, though it was left out");
    }
    return Arrays.stream(aCase.truth())
        .map(ordinal -> places.getOrDefault(ordinal, Quality.NOT_RANKED))
        .toArray();
  }

  void failed(String why) {
    failed++;
    if (firstFailure == null) {
      firstFailure = why;
    }
  }

  void unsent(int count) {
    unsent = count;
  }

  /** What to say beside the progress bar. */
  String note() {
    return failed == 0 ? "" : failed + " failed";
  }

  /** Requests of one leg alone that have no answer are missed as these are. */
  private void alsoLost(Tally leg) {
    failed += leg.failed;
    unsent += leg.unsent;
    firstFailure = firstFailure == null ? leg.firstFailure : firstFailure;
  }

  /**
   * @param legs what each leg alone came to
   */
  ObjectiveReport report(Objective objective, Map<Leg, Tally> legs, List<FloorQuality> floors) {
    legs.values().forEach(this::alsoLost);
    var n = Math.max(1, answered);
    return new ObjectiveReport(
        objective,
        quality.mean(),
        legs.entrySet().stream()
            .map(leg -> new FloorQuality(leg.getKey().label(), leg.getValue().quality.mean()))
            .toList(),
        floors,
        String.join("+", engines),
        new ObjectiveReport.Cost(
            (double) rounds / n,
            (double) itemsScored / n,
            Duration.ofNanos(latencies.percentile(50)),
            Duration.ofNanos(latencies.percentile(95))),
        new ObjectiveReport.Lost(failed, unsent, firstFailure),
        degradations);
  }

  /** Every latency, kept as it is: at most one per case. */
  static final class Latencies {

    private long[] nanos = new long[1024];
    private int count;

    void add(long latencyNanos) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, count * 2);
      }
      nanos[count++] = latencyNanos;
    }

    /** The smallest latency that {@code percent} of all do not exceed; 0 where there is none. */
    long percentile(int percent) {
      if (count == 0) {
        return 0;
      }
      var sorted = Arrays.copyOf(nanos, count);
      Arrays.sort(sorted);
      return sorted[(int) Math.max(0, Math.ceilDiv((long) count * percent, 100) - 1)];
    }
  }
}
