package io.trawl.workers.server;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model that this worker was asked to serve.
 *
 * @param versions by number; empty while the configuration has not been read, or cannot be
 * @param failure why the model as a whole cannot be served
 */
record ModelEntry(
    String name, NavigableMap<Long, VersionState> versions, Optional<String> failure) {

  ModelEntry {
    versions = Collections.unmodifiableNavigableMap(new TreeMap<>(versions));
  }

  static ModelEntry loading(String name) {
    return new ModelEntry(name, new TreeMap<>(), Optional.empty());
  }

  static ModelEntry failed(String name, String reason) {
    return new ModelEntry(name, new TreeMap<>(), Optional.of(reason));
  }

  static ModelEntry of(String name, SortedMap<Long, VersionState> versions) {
    return new ModelEntry(name, new TreeMap<>(versions), Optional.empty());
  }

  /** Whether every version that should answer does. */
  boolean ready() {
    return !versions.isEmpty()
        && versions.values().stream().allMatch(VersionState.Ready.class::isInstance);
  }

  /** The versions that answer, newest first. */
  List<ServedModel> served() {
    return versions.descendingMap().values().stream()
        .filter(VersionState.Ready.class::isInstance)
        .map(state -> ((VersionState.Ready) state).model())
        .toList();
  }

  /** Why versions do not answer, by version; under 0 what concerns all of them. */
  SortedMap<Long, String> failures() {
    SortedMap<Long, String> reasons = new TreeMap<>();
    failure.ifPresent(reason -> reasons.put(0L, reason));
    for (Map.Entry<Long, VersionState> each : versions.entrySet()) {
      if (each.getValue() instanceof VersionState.Unavailable(String reason)) {
        reasons.put(each.getKey(), reason);
      }
    }
    return reasons;
  }
}
