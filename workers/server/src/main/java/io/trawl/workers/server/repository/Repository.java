package io.trawl.workers.server.repository;

import io.trawl.workers.process.IoReason;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The models of this worker, by name. Readers see one immutable map; loading replaces entries of it
 * one by one, so that a broken model is an entry like any other.
 */
public final class Repository {
  /** Models that do not answer and that nobody misses, beyond those of the start. */
  static final int MOST_IDLE = 256;

  /** Those, by name; the one that came to rest first is forgotten first. */
  private final LinkedHashSet<String> idle = new LinkedHashSet<>();

  private final LongAdder forgotten = new LongAdder();

  /** Replaced as a whole by {@link #put}, read by anybody. */
  private volatile SortedMap<String, ModelEntry> entries = Collections.emptySortedMap();

  /** The names of the models in a repository, which are its folders. */
  public static List<String> modelsIn(Path repository) throws ConfigException {
    try (Stream<Path> children = Files.list(repository)) {
      return children
          .filter(Files::isDirectory)
          .map(child -> String.valueOf(child.getFileName()))
          .filter(name -> !name.startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new ConfigException(
          "model repository " + repository + " cannot be read: " + IoReason.of(e), e);
    }
  }

  public void put(ModelEntry entry) {
    update(entry.name(), _ -> entry);
  }

  /** Replaces the entry of a model in one step; null stands for no entry, before and after. */
  synchronized void update(
      String name, Function<@Nullable ModelEntry, @Nullable ModelEntry> change) {
    TreeMap<String, ModelEntry> after = new TreeMap<>(entries);
    ModelEntry changed = change.apply(entries.get(name));
    if (changed == null) {
      after.remove(name);
    } else {
      after.put(name, changed);
    }
    idle.remove(name);
    if (changed != null && changed.idle()) {
      idle.add(name);
    }
    if (idle.size() > MOST_IDLE) {
      after.remove(idle.removeFirst());
      forgotten.increment();
    }
    entries = Collections.unmodifiableSortedMap(after);
  }

  /** How many models a caller named that are remembered no longer. */
  public long forgotten() {
    return forgotten.sum();
  }

  @Nullable ModelEntry entry(String name) {
    return entries.get(name);
  }

  public Collection<ModelEntry> entries() {
    return entries.values();
  }

  /** Strict: true when every model that should answer does. */
  public boolean ready() {
    return entries().stream().allMatch(ModelEntry::ready);
  }

  public List<ServedModel> served() {
    return entries().stream().flatMap(entry -> entry.served().stream()).toList();
  }

  /** The versions of a model that answer, oldest first. */
  public List<Long> servedVersions(String name) {
    return known(name).served().reversed().stream().map(ServedModel::version).toList();
  }

  /**
   * The version that a call means: the one it names, or the newest that answers.
   *
   * @param version as in the call, empty for the newest
   * @throws RequestException in Triton's words when there is none
   */
  public ServedModel find(String name, String version) {
    ModelEntry entry = known(name);
    if (version.isEmpty()) {
      List<ServedModel> answering = entry.answering();
      if (answering.isEmpty()) {
        throw unavailable(entry);
      }
      return answering.getFirst();
    }
    return switch (state(entry, versionNumber(version))) {
      case VersionState.Ready ready when ready.answers() -> ready.model();
      case VersionState.Ready _,
          VersionState.Loading _,
          VersionState.Unloading _,
          VersionState.Unloaded _,
          VersionState.Unavailable _,
          VersionState.Rejected _ ->
          throw new CallFailure(
                  CallFailure.Code.UNAVAILABLE,
                  CallFailure.Reason.OTHER,
                  "Request for unknown model: '%s' version %s is not at ready state"
                      .formatted(name, version))
              .asException();
    };
  }

  /** Whether the version that a call means answers; as in Triton, what is unknown does not. */
  public boolean ready(String name, String version) {
    long number = version.isEmpty() ? 0 : versionNumber(version);
    ModelEntry entry = entries.get(name);
    if (entry == null) {
      return false;
    }
    return version.isEmpty()
        ? !entry.answering().isEmpty()
        : entry.versions().get(number) instanceof VersionState.Ready ready && ready.answers();
  }

  private ModelEntry known(String name) {
    ModelEntry entry = entries.get(name);
    if (entry == null) {
      throw CallFailure.notFound("Request for unknown model: '" + name + "' is not found")
          .asException();
    }
    return entry;
  }

  private static VersionState state(ModelEntry entry, long version) {
    Map<Long, VersionState> versions = entry.versions();
    VersionState state = versions.get(version);
    if (state == null) {
      throw CallFailure.notFound(
              "Request for unknown model: '%s' version %d is not found"
                  .formatted(entry.name(), version))
          .asException();
    }
    return state;
  }

  private static RequestException unavailable(ModelEntry entry) {
    String text = "Request for unknown model: '" + entry.name() + "' has no available versions";
    String why = entry.failures().values().stream().findFirst().map(w -> ": " + w).orElse("");
    return CallFailure.notFound(text + why).asException();
  }

  public static long versionNumber(String version) {
    try {
      long number = Long.parseLong(version);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Answered below, as a number that is not positive.
    }
    throw CallFailure.invalid(
            "failed to get model version from specified version string '%s', version should be an integral value > 0"
                .formatted(version))
        .asException();
  }
}
