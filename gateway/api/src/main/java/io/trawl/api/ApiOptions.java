package io.trawl.api;

import java.time.Duration;
import java.util.Objects;

/**
 * Where the API listens and how it holds its connections.
 *
 * @param host address to listen on; default 127.0.0.1
 * @param httpPort port of HTTP/1.1 and h2c; default 8080, 0 picks a free one
 * @param grpcPort port of gRPC; default 9090, 0 picks a free one
 * @param eventLoops event loops that share the connections of each port, 1 to 64; default 1. Too
 *     low: one core does all parsing and the others wait
 * @param maxInFlight requests received or answered at one time by all ports together; one more is
 *     answered at once with "no room". Default 4096. Too high: memory, as each may hold a body
 * @param bodyTimeout how long a request's body may take to arrive; default 10 s. Too low: slow
 *     links are refused; too high: slow senders hold memory
 * @param idleTimeout how long a connection may be silent, longer than any answer takes; default 60
 *     s
 * @param drainTimeout how long {@link ApiServer#close} waits for requests in flight; default 10 s
 */
public record ApiOptions(
    String host,
    int httpPort,
    int grpcPort,
    int eventLoops,
    int maxInFlight,
    Duration bodyTimeout,
    Duration idleTimeout,
    Duration drainTimeout) {

  public ApiOptions {
    Objects.requireNonNull(host, "host");
    within("httpPort", httpPort, 0, 65_535);
    within("grpcPort", grpcPort, 0, 65_535);
    within("eventLoops", eventLoops, 1, 64);
    within("maxInFlight", maxInFlight, 1, Integer.MAX_VALUE);
    within("bodyTimeout in ms", bodyTimeout.toMillis(), 1, 3_600_000);
    within("idleTimeout in ms", idleTimeout.toMillis(), 1, 3_600_000);
    within("drainTimeout in ms", drainTimeout.toMillis(), 0, 3_600_000);
    if (httpPort != 0 && httpPort == grpcPort) {
      throw new IllegalArgumentException(
          "httpPort and grpcPort are both " + httpPort + "; expected two ports");
    }
  }

  /** These ports, everything else by default. */
  public ApiOptions(String host, int httpPort, int grpcPort) {
    this(
        host,
        httpPort,
        grpcPort,
        1,
        4096,
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        Duration.ofSeconds(10));
  }

  private static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; expected " + least + " to " + most);
    }
  }
}
