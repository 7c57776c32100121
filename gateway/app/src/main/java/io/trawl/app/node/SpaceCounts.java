package io.trawl.app.node;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.SpaceId;
import io.trawl.serve.source.PlaneCounts;
import java.util.LinkedHashMap;

/**
 * The counts of the spaces that were used lately, each with its own meters. A gateway may go over
 * to ever new spaces: of those that it left, it forgets the earliest.
 */
final class SpaceCounts {

  /** Far more than are open side by side while one takes over from another. */
  static final int MOST = 8;

  private final MeterRegistry registry;

  /** The one that was taken longest ago first. */
  private final LinkedHashMap<SpaceId, PlaneCounts> bySpace = new LinkedHashMap<>(16, 0.75f, true);

  SpaceCounts(MeterRegistry registry) {
    this.registry = registry;
  }

  synchronized PlaneCounts of(SpaceId space) {
    var known = bySpace.get(space);
    if (known != null) {
      return known;
    }
    var made = new PlaneCounts();
    made.bindTo(registry, space.toString());
    bySpace.put(space, made);
    if (bySpace.size() > MOST) {
      bySpace.pollFirstEntry().getValue().unbindFrom(registry);
    }
    return made;
  }
}
