package io.trawl.workers.fleet;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.workers.fleet.replica.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * How many workers stand how, and how many calls wait, for each version of a model that is run: as
 * many meters for it as there are standings, however many workers come and go. A version may be run
 * twice while one space takes over from another; it is counted together and has its meters until
 * the last one closes.
 */
final class FleetMeters {

  private record Version(String model, String version) {
    static Version of(ModelFleet fleet) {
      return new Version(fleet.model(), fleet.version());
    }
  }

  private final MeterRegistry registry;

  @GuardedBy("this")
  private final Map<Version, List<ModelFleet>> open = new HashMap<>();

  @GuardedBy("this")
  private final Map<Version, List<Meter>> meters = new HashMap<>();

  FleetMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  synchronized void opened(ModelFleet fleet) {
    var version = Version.of(fleet);
    open.computeIfAbsent(version, _ -> new ArrayList<>()).add(fleet);
    meters.computeIfAbsent(version, this::registered);
  }

  synchronized void closed(ModelFleet fleet) {
    var version = Version.of(fleet);
    List<ModelFleet> left = open.get(version);
    if (left != null && left.remove(fleet) && left.isEmpty()) {
      open.remove(version);
      requireNonNull(meters.remove(version)).forEach(registry::remove);
    }
  }

  private List<Meter> registered(Version version) {
    List<Meter> made = new ArrayList<>();
    for (Standing standing : Standing.values()) {
      made.add(
          gauge("trawl.fleet.workers", version, fleet -> fleet.count(standing))
              .description("Workers, by how a model on them stands")
              .tag("standing", standing.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    made.add(
        gauge("trawl.fleet.waiting", version, ModelFleet::waiting)
            .description("Calls that wait for a worker with room")
            .register(registry));
    return made;
  }

  private Gauge.Builder<FleetMeters> gauge(
      String name, Version version, ToIntFunction<ModelFleet> of) {
    return Gauge.builder(name, this, meters -> meters.sum(version, of))
        .tag("model", version.model())
        .tag("version", version.version());
  }

  private int sum(Version version, ToIntFunction<ModelFleet> of) {
    List<ModelFleet> all;
    synchronized (this) {
      all = List.copyOf(open.getOrDefault(version, List.of()));
    }
    return all.stream().mapToInt(of).sum();
  }
}
