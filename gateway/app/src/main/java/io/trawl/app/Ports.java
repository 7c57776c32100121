package io.trawl.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The ports that were chosen, by name: printed for people, and written to a file for programs that
 * asked for port 0.
 */
record Ports(Map<String, Integer> byName) {

  Ports {
    byName = new LinkedHashMap<>(byName);
  }

  /** {@code http=8080 grpc=9090}. */
  String line() {
    return byName.entrySet().stream()
        .map(port -> port.getKey() + "=" + port.getValue())
        .collect(Collectors.joining(" "));
  }

  Ports and(Ports others) {
    var all = new LinkedHashMap<>(byName);
    all.putAll(others.byName);
    return new Ports(all);
  }

  /** Writes {@code name=port} lines, whole or not at all; does nothing without a file. */
  void writeTo(@Nullable Path file) {
    if (file == null) {
      return;
    }
    var text =
        byName.entrySet().stream()
            .map(port -> port.getKey() + "=" + port.getValue() + "\n")
            .collect(Collectors.joining());
    try {
      var target = file.toAbsolutePath();
      var draft = Files.createTempFile(target.getParent(), ".ports", "");
      Files.writeString(draft, text);
      Files.move(
          draft, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException unwritable) {
      throw new CannotStart(
          "the ports cannot be written to " + file + ": " + unwritable.getMessage());
    }
  }
}
