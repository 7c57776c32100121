package io.trawl.workers.fleet.resolve;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells once of what never changes. */
final class ListResolver implements Resolver {

  private final String source;
  private final String name;
  private final List<Place> places;
  private final MeterRegistry registry;
  private @Nullable LastKnown known;
  private boolean closed;

  ListResolver(String source, String name, List<Place> places, MeterRegistry registry) {
    this.source = source;
    this.name = name;
    this.places = List.copyOf(places);
    this.registry = registry;
  }

  @Override
  public synchronized Future<Void> start(Consumer<Located> told) {
    if (known != null || closed) {
      throw new IllegalStateException("a resolver starts once");
    }
    known = new LastKnown(source, name, places.size(), registry, told);
    known.heard(places);
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> close() {
    if (known != null && !closed) {
      known.close();
    }
    closed = true;
    return Future.succeededFuture();
  }
}
