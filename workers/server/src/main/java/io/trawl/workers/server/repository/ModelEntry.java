package io.trawl.workers.server.repository;

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
 * @param wanted whether the worker is not ready without it: it was named at the start, and not
 *     unloaded since. What calls try to add, and fail, is nobody's loss but theirs
 */
public record ModelEntry(
    String name,
    NavigableMap<Long, VersionState> versions,
    Optional<String> failure,
    boolean wanted) {
  /** Versions that answer no longer, or never did, and are remembered. */
  private static final int MOST_IDLE = 16;

  public ModelEntry {
    var all = new TreeMap<>(versions);
    List<Long> idle =
        all.entrySet().stream()
            .filter(each -> !kept(each.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    idle.stream().limit(Math.max(0, idle.size() - MOST_IDLE)).forEach(all::remove);
    versions = Collections.unmodifiableNavigableMap(all);
  }

  /** Whether anybody waits for a version in this state, or it holds anything. */
  private static boolean kept(VersionState state) {
    return switch (state) {
      case VersionState.Ready _,
          VersionState.Loading _,
          VersionState.Unloading _,
          VersionState.Unavailable _ ->
          true;
      case VersionState.Unloaded _, VersionState.Rejected _ -> false;
    };
  }

  /** A model of the start, of which nothing is known yet. */
  public static ModelEntry first(String name) {
    return new ModelEntry(name, new TreeMap<>(), Optional.empty(), true);
  }

  /** A model that came by a call. */
  static ModelEntry added(String name) {
    return new ModelEntry(name, new TreeMap<>(), Optional.empty(), false);
  }

  ModelEntry with(SortedMap<Long, VersionState> changed) {
    return new ModelEntry(name, new TreeMap<>(changed), Optional.empty(), wanted);
  }

  ModelEntry failed(String reason) {
    return new ModelEntry(name, new TreeMap<>(), Optional.of(reason), wanted);
  }

  ModelEntry notWanted() {
    return new ModelEntry(name, versions, failure, false);
  }

  /** Whether a load that fails leaves things no worse than they were. */
  boolean doesWithout() {
    return !wanted || !served().isEmpty();
  }

  /** Whether nothing of it answers, comes or goes, and nobody misses it. */
  boolean idle() {
    return !wanted && versions.values().stream().noneMatch(ModelEntry::busy);
  }

  private static boolean busy(VersionState state) {
    return switch (state) {
      case VersionState.Ready _, VersionState.Loading _, VersionState.Unloading _ -> true;
      case VersionState.Unloaded _, VersionState.Rejected _, VersionState.Unavailable _ -> false;
    };
  }

  /** The same model with one version gone. */
  ModelEntry withUnloaded(long version) {
    TreeMap<Long, VersionState> changed = new TreeMap<>(versions);
    changed.put(version, new VersionState.Unloaded());
    return new ModelEntry(name, changed, failure, wanted);
  }

  /** Whether the worker may be ready: every version that should answer does. */
  boolean ready() {
    if (!wanted) {
      return true;
    }
    return !versions.isEmpty()
        && failure.isEmpty()
        && versions.values().stream().noneMatch(this::missing);
  }

  private boolean missing(VersionState state) {
    return switch (state) {
      case VersionState.Ready ready -> !ready.answers();
      case VersionState.Unloading _, VersionState.Unloaded _, VersionState.Rejected _ -> false;
      // What is loaded beside one that answers keeps nobody waiting.
      case VersionState.Loading _ -> served().isEmpty();
      case VersionState.Unavailable _ -> true;
    };
  }

  /** The versions that are served, newest first, those that have got stuck included. */
  List<ServedModel> served() {
    return versions.descendingMap().values().stream()
        .filter(VersionState.Ready.class::isInstance)
        .map(state -> ((VersionState.Ready) state).model())
        .toList();
  }

  /** The versions that answer, newest first. */
  List<ServedModel> answering() {
    return served().stream().filter(model -> !model.scheduler().isStuck()).toList();
  }

  /** Why versions do not answer, by version; under 0 what concerns all of them. */
  public SortedMap<Long, String> failures() {
    SortedMap<Long, String> reasons = new TreeMap<>();
    failure.ifPresent(reason -> reasons.put(0L, reason));
    for (Map.Entry<Long, VersionState> each : versions.entrySet()) {
      switch (each.getValue()) {
        case VersionState.Unavailable(String reason) -> reasons.put(each.getKey(), reason);
        case VersionState.Rejected(String reason) -> reasons.put(each.getKey(), reason);
        case VersionState.Ready ready when !ready.answers() ->
            reasons.put(each.getKey(), ready.reason());
        default -> {}
      }
    }
    return reasons;
  }
}
