package io.trawl.bench.attack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Every attack by its name. */
final class Attacks {

  private static final Map<String, Attack> ALL = all();

  private Attacks() {}

  private static Map<String, Attack> all() {
    Map<String, Attack> byName = new LinkedHashMap<>();
    Stream.of(GatewayAttacks.all(), PortAttacks.all(), WorkerAttacks.all())
        .flatMap(List::stream)
        .forEach(attack -> byName.put(attack.name(), attack));
    return byName;
  }

  static Map<String, Attack> byName() {
    return ALL;
  }
}
