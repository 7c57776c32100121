package io.trawl.client;

import java.time.Duration;
import java.util.Objects;

/**
 * How a client talks to a gateway.
 *
 * @param host of the gateway, or of what stands before several
 * @param port its gRPC port
 * @param connectTimeout how long a TCP connect may take; default 1 s. Too long, and a dead host
 *     eats the deadline of the first calls
 * @param grace how long after its deadline an answer may still arrive; default 100 ms. A gateway
 *     that runs out of time answers at the deadline with the best list so far: with too little
 *     grace that list is lost on the way
 * @param maxMessageBytes largest message sent or received; default 16 MiB. A list of 1,000 items
 *     has some 100 KiB
 * @param connections HTTP/2 connections; default 1, which carries all calls in flight
 * @param maxInFlight calls on their way at one time; default 1000. One more is {@link Outcome.Shed}
 *     at once
 */
public record TrawlClientOptions(
    String host,
    int port,
    Duration connectTimeout,
    Duration grace,
    int maxMessageBytes,
    int connections,
    int maxInFlight) {

  public TrawlClientOptions {
    Objects.requireNonNull(host, "host");
    if (host.isBlank()) {
      throw new IllegalArgumentException("host is blank; expected a name or an address");
    }
    within("port", port, 1, 65_535);
    within("connectTimeout in ms", connectTimeout.toMillis(), 1, 60_000);
    within("grace in ms", grace.toMillis(), 0, 60_000);
    within("maxMessageBytes", maxMessageBytes, 1, 1 << 30);
    within("connections", connections, 1, 64);
    within("maxInFlight", maxInFlight, 1, 1_000_000);
  }

  /** The defaults, for one gateway. */
  public static TrawlClientOptions to(String host, int port) {
    return new TrawlClientOptions(
        host, port, Duration.ofSeconds(1), Duration.ofMillis(100), 16 << 20, 1, 1000);
  }

  public TrawlClientOptions withConnectTimeout(Duration value) {
    return new TrawlClientOptions(
        host, port, value, grace, maxMessageBytes, connections, maxInFlight);
  }

  public TrawlClientOptions withGrace(Duration value) {
    return new TrawlClientOptions(
        host, port, connectTimeout, value, maxMessageBytes, connections, maxInFlight);
  }

  public TrawlClientOptions withMaxMessageBytes(int value) {
    return new TrawlClientOptions(
        host, port, connectTimeout, grace, value, connections, maxInFlight);
  }

  public TrawlClientOptions withConnections(int value) {
    return new TrawlClientOptions(
        host, port, connectTimeout, grace, maxMessageBytes, value, maxInFlight);
  }

  public TrawlClientOptions withMaxInFlight(int value) {
    return new TrawlClientOptions(
        host, port, connectTimeout, grace, maxMessageBytes, connections, value);
  }

  private static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; expected " + least + " to " + most);
    }
  }
}
