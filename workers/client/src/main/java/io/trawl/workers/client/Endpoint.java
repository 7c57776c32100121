package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

/**
 * Where one worker listens for gRPC. A value: a balancer keeps clients in a map by it.
 *
 * @param host name or address, never empty
 * @param port 1 to 65535
 */
public record Endpoint(String host, int port) {

  public Endpoint {
    requireNonNull(host, "host");
    if (host.isBlank()) {
      throw new IllegalArgumentException("host: '" + host + "' (expected a name or an address)");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected 1 to 65535)");
    }
  }

  /** Reads {@code host:port}; an IPv6 address stands in brackets. */
  public static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      throw new IllegalArgumentException("endpoint: '" + text + "' (expected host:port)");
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (!bracketed && host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "endpoint: '" + text + "' (expected host:port, an IPv6 address in brackets)");
    }
    try {
      return new Endpoint(
          bracketed ? host.substring(1, host.length() - 1) : host,
          Integer.parseInt(text, colon + 1, text.length(), 10));
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "endpoint: '" + text + "' (expected a number after the last colon)", notANumber);
    }
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
