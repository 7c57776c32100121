package io.trawl.workers.fleet.resolve;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DnsRecordType;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.fleet.resolve.NameServer.Answer;
import io.trawl.workers.fleet.resolve.ResolveOptions.Services;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Hosts and ports of SRV records (RFC 2782), those of the lowest priority. */
final class ServiceLookup implements Lookup {

  private static final long LEAST_SECONDS = 1;
  private static final long MOST_SECONDS = TimeUnit.MINUTES.toSeconds(5);

  private final Services options;

  ServiceLookup(Services options) {
    this.options = options;
  }

  @Override
  public void look(NameServer server, Consumer<Finding> then) {
    server.ask(
        options.name(),
        DnsRecordType.SRV,
        ServiceLookup::target,
        answer -> then.accept(finding(answer)));
  }

  private static Finding finding(Answer<Target> answer) {
    return switch (answer) {
      case Answer.Records<Target>(List<Target> targets, long ttlSeconds) ->
          finding(targets, Math.clamp(ttlSeconds, LEAST_SECONDS, MOST_SECONDS));
      case Answer.Nothing<Target>(String what) -> failed(Failure.EMPTY, what);
      case Answer.Failed<Target>(Failure failure, String what) -> failed(failure, what);
    };
  }

  private static Finding finding(List<Target> targets, long seconds) {
    int lowest = targets.stream().mapToInt(Target::priority).min().orElseThrow();
    var places = new ArrayList<Place>();
    for (Target target : targets) {
      // A dot alone says that there is no such service, port 0 that there is no port.
      if (target.priority == lowest && !target.host.isEmpty() && target.port > 0) {
        places.add(Place.of(new Endpoint(target.host, target.port)));
      }
    }
    return places.isEmpty()
        ? failed(Failure.EMPTY, "SRV records without a host and a port")
        : new Finding(places, TimeUnit.SECONDS.toNanos(seconds), null);
  }

  private static Finding failed(Failure failure, String why) {
    return new Finding(
        List.of(), TimeUnit.SECONDS.toNanos(LEAST_SECONDS), new Failed(failure, why));
  }

  private static Target target(ByteBuf data) {
    if (data.readableBytes() <= 3 * Short.BYTES) {
      throw new IllegalArgumentException(
          "service: %d bytes (expected 7 or more)".formatted(data.readableBytes()));
    }
    int priority = data.readUnsignedShort();
    data.skipBytes(Short.BYTES); // the weight
    int port = data.readUnsignedShort();
    String name = NameServer.name(data);
    String bare = name.substring(0, name.length() - 1);
    if (!bare.isEmpty() && !Names.DNS.matcher(bare).matches()) {
      throw new IllegalArgumentException("target: a name that no host has");
    }
    return new Target(priority, bare, port);
  }

  private record Target(int priority, String host, int port) {}
}
