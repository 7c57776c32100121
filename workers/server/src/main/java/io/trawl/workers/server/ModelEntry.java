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
  private static final int MOST_UNLOADED = 16;

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

  /** The same model with one version elsewhere. */
  ModelEntry with(long version, VersionState state) {
    TreeMap<Long, VersionState> changed = new TreeMap<>(versions);
    changed.put(version, state);
    return new ModelEntry(name, changed, failure);
  }

  /** The same model with one version gone; of those that went, the latest few are remembered. */
  ModelEntry withUnloaded(long version) {
    TreeMap<Long, VersionState> changed = new TreeMap<>(versions);
    changed.put(version, new VersionState.Unloaded());
    List<Long> gone =
        changed.entrySet().stream()
            .filter(each -> each.getValue() instanceof VersionState.Unloaded)
            .map(Map.Entry::getKey)
            .toList();
    gone.stream().limit(Math.max(0, gone.size() - MOST_UNLOADED)).forEach(changed::remove);
    return new ModelEntry(name, changed, failure);
  }

  /**
   * Whether every version that should answer does. What was unloaded should not, what is loaded
   * beside one that answers keeps nobody waiting, and neither does a load that failed there.
   */
  boolean ready() {
    if (versions.isEmpty() || failure.isPresent()) {
      return false;
    }
    boolean answers = !served().isEmpty();
    return versions.values().stream()
        .allMatch(
            state ->
                switch (state) {
                  case VersionState.Ready _,
                      VersionState.Unloading _,
                      VersionState.Unloaded _,
                      VersionState.Rejected _ ->
                      true;
                  case VersionState.Loading _ -> answers;
                  case VersionState.Unavailable _ -> false;
                });
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
      switch (each.getValue()) {
        case VersionState.Unavailable(String reason) -> reasons.put(each.getKey(), reason);
        case VersionState.Rejected(String reason) -> reasons.put(each.getKey(), reason);
        default -> {}
      }
    }
    return reasons;
  }
}
