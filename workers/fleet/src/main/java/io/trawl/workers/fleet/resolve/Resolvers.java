package io.trawl.workers.fleet.resolve;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.fleet.resolve.ResolveOptions.Addresses;
import io.trawl.workers.fleet.resolve.ResolveOptions.Endpoints;
import io.trawl.workers.fleet.resolve.ResolveOptions.Services;
import io.trawl.workers.fleet.resolve.ResolveOptions.Slices;
import io.trawl.workers.wire.Alarm;
import java.util.List;
import java.util.function.Function;

/** Makes resolvers. */
public final class Resolvers {

  private Resolvers() {}

  /** The resolver of a list that never changes: at least one, none twice. */
  public static Resolver list(List<Endpoint> endpoints, MeterRegistry registry) {
    var list = new Endpoints(endpoints);
    return new ListResolver(
        list.field(), list.field(), list.endpoints().stream().map(Place::of).toList(), registry);
  }

  /**
   * The resolver that the options ask for; it does nothing before it is started.
   *
   * @param alarm that wakes it for the next question
   * @param kubernetes makes the one that watches endpoint slices, since whoever watches none needs
   *     no client of Kubernetes
   */
  public static Resolver of(
      ResolveOptions options,
      Alarm alarm,
      MeterRegistry registry,
      Function<Slices, Resolver> kubernetes) {
    return switch (options) {
      case Endpoints list -> list(list.endpoints(), registry);
      case Addresses addresses when addresses.literal() ->
          new ListResolver(
              addresses.field(),
              addresses.name(),
              List.of(Place.of(new Endpoint(addresses.name(), addresses.port()))),
              registry);
      case Addresses addresses ->
          new DnsResolver(
              addresses.field(),
              addresses.name(),
              addresses.dns(),
              new AddressLookup(addresses),
              alarm,
              registry);
      case Services services ->
          new DnsResolver(
              services.field(),
              services.name(),
              services.dns(),
              new ServiceLookup(services),
              alarm,
              registry);
      case Slices slices -> kubernetes.apply(slices);
    };
  }
}
