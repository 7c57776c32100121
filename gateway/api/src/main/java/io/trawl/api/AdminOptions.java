package io.trawl.api;

import io.trawl.api.check.Violations;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * Where operators ask: health and metrics, and administration.
 *
 * @param host address, default {@code 127.0.0.1}. Wrong: metrics are public, or the probes of the
 *     orchestrator find nobody
 * @param port default 9091; 0 picks a free one
 * @param healthHost address of {@code healthPort}, default {@code 127.0.0.1}
 * @param healthPort health and metrics listen there alone, and no longer on {@code port}; 0 picks a
 *     free one. Default -1: they stay on {@code port}
 * @param socket path of a Unix domain socket, which only this process' user may use: administration
 *     listens there alone, and {@code port} keeps health and metrics. Default empty: none
 * @param hosts names, beside {@code localhost} and the addresses above, that a request's {@code
 *     Host} may have; default none. IP addresses may always be asked by. Any other name may be one
 *     that a web page had its name server turn to this address
 * @param origins web pages that may ask all the same, such as {@code https://ops.example}; default
 *     none
 * @param spaces directories from below which spaces may be activated, whatever links lead there;
 *     default empty: the one that the space served first is in
 */
public record AdminOptions(
    String host,
    int port,
    String healthHost,
    int healthPort,
    String socket,
    List<String> hosts,
    List<String> origins,
    List<String> spaces) {

  /** No port of its own. */
  static final int NONE = -1;

  /** What every system takes for the address of a socket, in bytes. */
  private static final int MAX_SOCKET_BYTES = 103;

  private static final int MAX_NAMES = 64;

  public AdminOptions {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(healthHost, "healthHost");
    within("port", port, 0);
    within("healthPort", healthPort, NONE);
    if (port != 0 && port == healthPort && host.equals(healthHost)) {
      throw new IllegalArgumentException(
          "healthPort is " + port + ", as port is; expected another one, or -1");
    }
    var bytes = socket.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_SOCKET_BYTES) {
      throw new IllegalArgumentException(
          "socket is %s, which takes %d bytes; expected a path of at most %d"
              .formatted(Violations.quote(socket), bytes, MAX_SOCKET_BYTES));
    }
    if (!socket.isEmpty() && healthPort != NONE) {
      throw new IllegalArgumentException(
          "socket and healthPort are both given; expected one of them: beside a socket, port has"
              + " health and metrics alone");
    }
    hosts = few("hosts", hosts);
    origins = few("origins", origins);
    spaces = few("spaces", spaces);
  }

  public static AdminOptions defaults() {
    return new AdminOptions(
        "127.0.0.1", 9091, "127.0.0.1", NONE, "", List.of(), List.of(), List.of());
  }

  public AdminOptions withPort(int value) {
    return new AdminOptions(host, value, healthHost, healthPort, socket, hosts, origins, spaces);
  }

  boolean hasHealthPort() {
    return healthPort != NONE;
  }

  private static void within(String key, int value, int least) {
    if (value < least || value > 65_535) {
      throw new IllegalArgumentException(
          "%s is %d; expected %d to 65535".formatted(key, value, least));
    }
  }

  private static List<String> few(String key, List<String> values) {
    if (values.size() > MAX_NAMES || values.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          "%s is %s; expected at most %d, none of them empty"
              .formatted(key, Violations.quote(values.toString()), MAX_NAMES));
    }
    return List.copyOf(values);
  }
}
