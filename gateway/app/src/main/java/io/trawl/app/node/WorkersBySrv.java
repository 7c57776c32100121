package io.trawl.app.node;

/**
 * SRV records.
 *
 * @param name asked for; empty, the default, for none
 * @param server who is asked, address:port; empty, the default, for the system's name servers
 */
public record WorkersBySrv(String name, String server) {
  static final WorkersBySrv NONE = new WorkersBySrv("", "");
}
