package io.trawl.workers.server.repository;

import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.server.repository.ModelLoader.Plan;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings models in and out of a repository that is being called.
 *
 * <p>A load opens and warms up everything first, while what there was goes on answering; then the
 * model's entry is exchanged in one step; then what was replaced finishes the calls that it took
 * and is closed. A call that comes to it too late looks again and finds what took its place. Where
 * a version cannot be opened and the model answers with others, nothing is exchanged; and a load by
 * a call that fails never makes a ready worker unready.
 *
 * <p>Loads and unloads block and must come one after another, off the event loop: opening a model
 * is heavy on processor and memory, and each decides on the state that the one before has left.
 */
public final class ModelControl {
  private static final Logger LOG = LoggerFactory.getLogger(ModelControl.class);

  /** Versions of one model that finish their calls, and so hold memory, at a time. */
  private static final int MOST_RETIRING = 4;

  private final Repository repository;
  private final ModelLoader loader;
  private final BooleanSupplier draining;
  private final Set<ServedModel> retiring = ConcurrentHashMap.newKeySet();
  private final LongAdder loads = new LongAdder();
  private final LongAdder failedLoads = new LongAdder();
  private final LongAdder unloads = new LongAdder();

  public ModelControl(Repository repository, ModelLoader loader, BooleanSupplier draining) {
    this.repository = repository;
    this.loader = loader;
    this.draining = draining;
  }

  boolean draining() {
    return draining.getAsBoolean();
  }

  /** Versions that finish what they took, and no longer appear as answering. */
  public List<ServedModel> retiring() {
    return List.copyOf(retiring);
  }

  public long loads() {
    return loads.sum();
  }

  public long failedLoads() {
    return failedLoads.sum();
  }

  public long unloads() {
    return unloads.sum();
  }

  /**
   * Loads a model, or loads it again.
   *
   * @throws RequestException if it cannot be served as asked; what answered before still does
   */
  void load(LoadOrder order) {
    if (draining.getAsBoolean()) {
      throw CallFailure.STOPPING.asException();
    }
    checkRoom(order.model());
    try {
      loadOrRefuse(order);
      loads.increment();
    } catch (RequestException e) {
      failedLoads.increment();
      LOG.error("model '{}': {}", order.model(), e.getMessage());
      throw e;
    }
  }

  private void checkRoom(String name) {
    long old = retiring.stream().filter(model -> model.spec().name().equals(name)).count();
    if (old >= MOST_RETIRING) {
      throw CallFailure.unavailable(
              "failed to load '%s', %d earlier versions of it are still finishing their requests"
                  .formatted(name, old))
          .asException();
    }
  }

  private void loadOrRefuse(LoadOrder order) {
    Optional<ModelConfig> config = givenConfig(order);
    if (order.files().isEmpty()) {
      loadFrom(order.model(), loader.directory(order.model()), config);
      return;
    }
    try (StagedFiles staged = StagedFiles.write(order.files())) {
      loadFrom(order.model(), staged.directory(), config);
    } catch (ConfigException e) {
      throw CallFailure.internal("failed to load '" + order.model() + "': " + e.getMessage())
          .asException();
    }
  }

  private Optional<ModelConfig> givenConfig(LoadOrder order) {
    if (order.config().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(loader.givenConfig(order.model(), order.config().get()));
    } catch (ConfigException e) {
      throw CallFailure.invalid("failed to load '" + order.model() + "': " + e.getMessage())
          .asException();
    }
  }

  private void loadFrom(String name, Path directory, Optional<ModelConfig> config) {
    Plan plan;
    try {
      plan = loader.plan(name, directory, config);
    } catch (ConfigException e) {
      String reason = e.getMessage();
      boolean known = Files.isDirectory(loader.directory(name));
      repository.update(
          name,
          entry -> {
            boolean unchanged = entry == null ? !known : !entry.served().isEmpty();
            return unchanged ? entry : or(entry, name).failed(reason);
          });
      throw CallFailure.invalid(
              "failed to load '%s', failed to poll from model repository: %s"
                  .formatted(name, reason))
          .asException();
    }
    repository.update(name, entry -> loading(name, entry, plan));
    SortedMap<Long, VersionState> opened = new TreeMap<>();
    for (long version : plan.versions()) {
      opened.put(version, loader.load(plan, version));
    }
    settle(name, opened);
  }

  private static ModelEntry or(@Nullable ModelEntry entry, String name) {
    return entry == null ? ModelEntry.added(name) : entry;
  }

  private static ModelEntry loading(String name, @Nullable ModelEntry entry, Plan plan) {
    ModelEntry before = or(entry, name);
    SortedMap<Long, VersionState> now = new TreeMap<>(before.versions());
    for (long version : plan.versions()) {
      if (!(now.get(version) instanceof VersionState.Ready)) {
        now.put(version, new VersionState.Loading());
      }
    }
    return before.with(now);
  }

  /** Exchanges the entry for what was opened, or, where that is worse, throws that away. */
  private void settle(String name, SortedMap<Long, VersionState> opened) {
    ModelEntry fresh = ModelEntry.added(name).with(opened);
    SortedMap<Long, String> failures = fresh.failures();
    ModelEntry before = or(repository.entry(name), name);
    if (failures.isEmpty() || before.served().isEmpty()) {
      List<ServedModel> replaced = new ArrayList<>();
      repository.update(name, entry -> exchanged(or(entry, name), opened, replaced));
      replaced.forEach(this::retire);
    } else {
      repository.update(name, entry -> rejected(or(entry, name), failures));
      fresh.served().forEach(model -> model.scheduler().close());
    }
    // Whoever drains meanwhile has not seen what came: it must not outlive the worker.
    if (draining.getAsBoolean()) {
      fresh.served().forEach(model -> model.scheduler().close());
    }
    if (!failures.isEmpty()) {
      StringBuilder why = new StringBuilder("load failed for model '" + name + "': ");
      failures.forEach(
          (version, reason) ->
              why.append("version %d is at UNAVAILABLE state: %s;".formatted(version, reason)));
      throw CallFailure.invalid(why.toString()).asException();
    }
  }

  private static ModelEntry exchanged(
      ModelEntry before, SortedMap<Long, VersionState> opened, List<ServedModel> replaced) {
    SortedMap<Long, VersionState> after = new TreeMap<>();
    for (var each : before.versions().entrySet()) {
      switch (each.getValue()) {
        case VersionState.Ready(ServedModel model) -> {
          replaced.add(model);
          after.put(each.getKey(), new VersionState.Unloading(model));
        }
        case VersionState.Unloading _, VersionState.Unloaded _ ->
            after.put(each.getKey(), each.getValue());
        case VersionState.Loading _, VersionState.Unavailable _, VersionState.Rejected _ -> {}
      }
    }
    for (var each : opened.entrySet()) {
      boolean excused = each.getValue() instanceof VersionState.Unavailable && before.doesWithout();
      after.put(
          each.getKey(),
          excused ? new VersionState.Rejected(each.getValue().reason()) : each.getValue());
    }
    return before.with(after);
  }

  private static ModelEntry rejected(ModelEntry before, SortedMap<Long, String> failures) {
    SortedMap<Long, VersionState> after = new TreeMap<>();
    for (var each : before.versions().entrySet()) {
      if (!(each.getValue() instanceof VersionState.Loading)) {
        after.put(each.getKey(), each.getValue());
      }
    }
    failures.forEach((version, why) -> after.putIfAbsent(version, new VersionState.Rejected(why)));
    return before.with(after);
  }

  /** Lets a version finish what it took, then closes it and says so. */
  private void retire(ServedModel model) {
    retiring.add(model);
    model
        .scheduler()
        .retire()
        .thenRun(
            () -> {
              model.scheduler().close();
              retiring.remove(model);
              repository.update(model.spec().name(), entry -> gone(entry, model));
              LOG.info("model '{}' version {} is unloaded", model.spec().name(), model.version());
            });
  }

  private static @Nullable ModelEntry gone(@Nullable ModelEntry entry, ServedModel model) {
    if (entry == null
        || !(entry.versions().get(model.version()) instanceof VersionState.Unloading(var leaving))
        || leaving != model) {
      return entry;
    }
    return entry.withUnloaded(model.version());
  }

  /**
   * Unloads a model; returns when no new call comes to it. Nothing to do is no failure, nor is a
   * name that nothing has: so it is in Triton.
   */
  void unload(String name) {
    List<ServedModel> leaving = new ArrayList<>();
    repository.update(name, entry -> unloading(entry, leaving));
    leaving.forEach(this::retire);
    unloads.increment();
  }

  private static @Nullable ModelEntry unloading(
      @Nullable ModelEntry entry, List<ServedModel> leaving) {
    if (entry == null || entry.versions().isEmpty()) {
      return null;
    }
    SortedMap<Long, VersionState> after = new TreeMap<>();
    for (var each : entry.versions().entrySet()) {
      after.put(
          each.getKey(),
          switch (each.getValue()) {
            case VersionState.Ready(ServedModel model) -> {
              leaving.add(model);
              yield new VersionState.Unloading(model);
            }
            case VersionState.Unloading still -> still;
            case VersionState.Loading _,
                VersionState.Unloaded _,
                VersionState.Unavailable _,
                VersionState.Rejected _ ->
                new VersionState.Unloaded();
          });
    }
    return entry.with(after).notWanted();
  }
}
