package io.trawl.app.node;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The ports that were chosen, by name: printed for people, and written to a file for programs that
 * asked for port 0.
 */
public record Ports(Map<String, Integer> byName) {

  public Ports {
    byName = new LinkedHashMap<>(byName);
  }

  /** {@code http=8080 grpc=9090}. */
  public String line() {
    return byName.entrySet().stream()
        .map(port -> port.getKey() + "=" + port.getValue())
        .collect(Collectors.joining(" "));
  }

  public Ports and(Ports others) {
    var all = new LinkedHashMap<>(byName);
    all.putAll(others.byName);
    return new Ports(all);
  }
}
