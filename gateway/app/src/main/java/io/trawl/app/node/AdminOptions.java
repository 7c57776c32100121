package io.trawl.app.node;

/**
 * Where health, readiness and metrics are, apart from the public ports.
 *
 * @param host address, default {@code 127.0.0.1}. Wrong: metrics are public, or the probes of the
 *     orchestrator find nobody
 * @param port default 9091; 0 picks a free one
 */
public record AdminOptions(String host, int port) {

  public AdminOptions {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port is " + port + "; expected 0 to 65535");
    }
  }

  static AdminOptions defaults() {
    return new AdminOptions("127.0.0.1", 9091);
  }

  AdminOptions withPort(int value) {
    return new AdminOptions(host, value);
  }
}
