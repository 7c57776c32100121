package io.trawl.workers.fleet.resolve;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.fleet.resolve.Located.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a resolver knows, for all resolvers: it tells of what changed and of nothing else, keeps the
 * last that was known where nothing could be learned, counts, and logs once when failing begins and
 * once when it is over.
 *
 * <p>Of one thread at a time, its resolver's.
 */
public final class LastKnown {

  private static final Logger LOG = LoggerFactory.getLogger(LastKnown.class);

  private static final Comparator<Endpoint> ORDER =
      Comparator.comparing(Endpoint::host).thenComparingInt(Endpoint::port);

  private final String name;
  private final int most;
  private final Consumer<Located> told;
  private final MeterRegistry registry;
  private final Counter changes;
  private final Counter cut;
  private final Gauge known;
  private final Map<Failure, Counter> failures = new EnumMap<>(Failure.class);

  // Read by the gauge of another thread.
  private volatile @Nullable Located last;
  private @Nullable Failure failing;
  private boolean cutting;

  /**
   * What is known of one fleet.
   *
   * @param source the kind of resolver, a label of the metrics
   * @param name what it looks for, a label of the metrics: of the configuration, so there are few
   * @param most places that are taken
   */
  public LastKnown(
      String source, String name, int most, MeterRegistry registry, Consumer<Located> told) {
    this.name = name;
    this.most = most;
    this.told = told;
    this.registry = registry;
    Tags tags = Tags.of("source", source, "name", name);
    this.changes =
        Counter.builder("trawl.fleet.resolve.changes")
            .description("Pictures of where the workers are, each different from the one before")
            .tags(tags)
            .register(registry);
    this.cut =
        Counter.builder("trawl.fleet.resolve.cut")
            .description("Workers left out of answers that named too many")
            .tags(tags)
            .register(registry);
    this.known =
        Gauge.builder("trawl.fleet.resolve.known", this, LastKnown::count)
            .description("Workers known")
            .tags(tags)
            .strongReference(true)
            .register(registry);
    for (Failure failure : Failure.values()) {
      failures.put(
          failure,
          Counter.builder("trawl.fleet.resolve.failures")
              .description("Failures to learn where the workers are")
              .tags(tags.and("reason", failure.label()))
              .register(registry));
    }
  }

  private double count() {
    Located located = last;
    return located == null ? 0 : located.places().size();
  }

  /**
   * These are all there are. Of two with one endpoint the first is taken; of too many the same ones
   * are left out every time.
   */
  public void heard(List<Place> places) {
    var byEndpoint = new TreeMap<Endpoint, Place>(ORDER);
    places.forEach(place -> byEndpoint.putIfAbsent(place.endpoint(), place));
    List<Place> taken = new ArrayList<>(byEndpoint.values());
    if (taken.size() > most) {
      cut.increment(taken.size() - most);
      if (!cutting) {
        LOG.warn("{}: {} workers, of which {} are used", name, taken.size(), most);
      }
      cutting = true;
      taken = taken.subList(0, most);
    } else {
      cutting = false;
    }
    var located = new Located(taken);
    if (!located.equals(last)) {
      last = located;
      changes.increment();
      tell(located);
    }
  }

  private void tell(Located located) {
    try {
      told.accept(located);
    } catch (RuntimeException broken) {
      LOG.error("{}: who was told where the workers are broke", name, broken);
    }
  }

  /** What there is could not be learned; nothing changes. */
  public void failed(Failure failure, String why) {
    requireNonNull(failures.get(failure)).increment();
    if (failing == null) {
      LOG.warn("{}: {}; {} workers stay known", name, why, (long) count());
    }
    failing = failure;
  }

  /** All was learned. */
  public void well() {
    if (failing != null) {
      LOG.info("{}: resolved again, {} workers", name, (long) count());
    }
    failing = null;
  }

  /** Takes the gauge back. */
  public void close() {
    registry.remove(known);
  }
}
