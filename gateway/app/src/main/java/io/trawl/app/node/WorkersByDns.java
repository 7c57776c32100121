package io.trawl.app.node;

import io.trawl.workers.fleet.resolve.ResolveOptions;
import java.time.Duration;

/**
 * A and AAAA records.
 *
 * @param name asked for; empty, the default, for none
 * @param port at which the workers listen, default 8001
 * @param refresh after which it is asked for again, default 5 s
 * @param families of addresses, default both; one where workers have both
 * @param server who is asked, address:port; empty, the default, for the system's name servers
 */
public record WorkersByDns(
    String name, int port, Duration refresh, ResolveOptions.Families families, String server) {
  static final WorkersByDns NONE =
      new WorkersByDns("", 8001, Duration.ofSeconds(5), ResolveOptions.Families.BOTH, "");
}
