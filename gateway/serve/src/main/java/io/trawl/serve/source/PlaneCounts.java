package io.trawl.serve.source;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/**
 * What neighbour planes do, counted. All planes of one space, one after the other or side by side
 * while one takes over, count here, so that a meter of that space means all of them.
 */
public final class PlaneCounts {

  final LongAdder asked = new LongAdder();
  final LongAdder cached = new LongAdder();
  final LongAdder joined = new LongAdder();
  final LongAdder fetched = new LongAdder();
  final LongAdder calls = new LongAdder();
  final LongAdder evicted = new LongAdder();
  final LongAdder kept = new LongAdder();

  private final List<Meter> meters = new CopyOnWriteArrayList<>();

  /**
   * Shows what they save: {@code trawl.neighbours.*}. The registry keeps no hold of this.
   *
   * @param space whose neighbours these are, as a tag
   */
  public void bindTo(MeterRegistry registry, String space) {
    counter("asked", asked, "Items whose neighbours were asked for", registry, space);
    counter("cached", cached, "Items whose neighbours were kept here", registry, space);
    counter("joined", joined, "Items whose neighbours were on their way already", registry, space);
    counter("fetched", fetched, "Items whose neighbours were asked of the source", registry, space);
    counter("calls", calls, "Calls to the source", registry, space);
    counter(
        "evicted", evicted, "Items whose neighbours were forgotten for others", registry, space);
    meters.add(
        Gauge.builder("trawl.neighbours.kept", kept, LongAdder::sum)
            .description("Items whose neighbours are kept")
            .tag("space", space)
            .register(registry));
  }

  /** Shows them no longer. */
  public void unbindFrom(MeterRegistry registry) {
    meters.forEach(registry::remove);
    meters.clear();
  }

  private void counter(
      String name, LongAdder count, String description, MeterRegistry registry, String space) {
    meters.add(
        FunctionCounter.builder("trawl.neighbours." + name, count, LongAdder::sum)
            .description(description)
            .tag("space", space)
            .register(registry));
  }
}
