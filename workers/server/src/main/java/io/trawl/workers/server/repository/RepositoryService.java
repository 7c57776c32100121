package io.trawl.workers.server.repository;

import io.trawl.workers.protocol.ModelRepositoryParameter.ParameterChoiceCase;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryIndexResponse;
import io.trawl.workers.protocol.RepositoryIndexResponse.ModelIndex;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelLoadResponse;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.trawl.workers.protocol.RepositoryModelUnloadResponse;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the calls of model repository control mean. All of them read folders or open models, so they
 * run on a thread of their own, loads and unloads one after another; how many wait is bounded.
 */
public final class RepositoryService {
  private static final int MOST_WAITING = 64;
  private static final long MOST_MINUTES = 60;

  private final Path folder;
  private final Repository repository;
  private final ModelControl control;
  private final boolean explicit;
  private final boolean overrides;
  private final Vertx vertx;
  private final WorkerExecutor thread;
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * @param explicit whether models may be loaded and unloaded by calls
   * @param overrides whether such a load may bring configuration and files of its own
   */
  public RepositoryService(
      Vertx vertx,
      Path folder,
      Repository repository,
      ModelControl control,
      boolean explicit,
      boolean overrides) {
    this.folder = folder;
    this.repository = repository;
    this.control = control;
    this.explicit = explicit;
    this.overrides = overrides;
    this.vertx = vertx;
    this.thread =
        vertx.createSharedWorkerExecutor("trawl-worker-control", 1, MOST_MINUTES, TimeUnit.MINUTES);
  }

  /** Loads the models of the start one after another; what cannot be loaded is in its entry. */
  public Future<@Nullable Void> loadFirst(List<String> names) {
    return thread.executeBlocking(
        () -> {
          for (String name : names) {
            try {
              control.load(LoadOrder.of(name));
            } catch (RequestException _) {
              // Logged where it happened, and in the index.
            }
          }
          return null;
        },
        false);
  }

  public Future<RepositoryIndexResponse> index(RepositoryIndexRequest request) {
    checkServing();
    checkRepository(request.getRepositoryName());
    return bounded(() -> vertx.executeBlocking(() -> readIndex(request.getReady()), false));
  }

  public Future<RepositoryModelLoadResponse> load(RepositoryModelLoadRequest request) {
    checkRepository(request.getRepositoryName());
    checkMayChange();
    LoadOrder order = LoadOrder.of(request);
    if (!overrides && order.config().isPresent()) {
      throw CallFailure.unavailable(
              "load parameter 'config' is not allowed, start with --allow-load-overrides")
          .asException();
    }
    return bounded(
        () ->
            changing(
                () -> {
                  control.load(order);
                  return RepositoryModelLoadResponse.getDefaultInstance();
                }));
  }

  public Future<RepositoryModelUnloadResponse> unload(RepositoryModelUnloadRequest request) {
    checkRepository(request.getRepositoryName());
    checkMayChange();
    String name = LoadOrder.checkedName(request.getModelName());
    request
        .getParametersMap()
        .forEach(
            (key, value) -> {
              if (!key.equals("unload_dependents")) {
                throw CallFailure.invalid(
                        "unload parameter '%s' is not known, expected 'unload_dependents'"
                            .formatted(key))
                    .asException();
              }
              LoadOrder.expect(key, value, ParameterChoiceCase.BOOL_PARAM);
            });
    return bounded(
        () ->
            changing(
                () -> {
                  control.unload(name);
                  return RepositoryModelUnloadResponse.getDefaultInstance();
                }));
  }

  private void checkServing() {
    if (control.draining()) {
      throw CallFailure.SERVER_NOT_READY.asException();
    }
  }

  private static void checkRepository(String name) {
    if (!name.isEmpty()) {
      throw CallFailure.unimplemented("'repository_name' specification is not supported")
          .asException();
    }
  }

  /** Why nothing is loaded or unloaded by calls, whatever they bring. */
  public Optional<CallFailure> refusal() {
    if (control.draining()) {
      return Optional.of(CallFailure.SERVER_NOT_READY);
    }
    return explicit
        ? Optional.empty()
        : Optional.of(
            CallFailure.unavailable(
                "explicit model load / unload is not allowed, start with"
                    + " --model-control-mode=explicit"));
  }

  private void checkMayChange() {
    Optional<CallFailure> refusal = refusal();
    if (refusal.isPresent()) {
      throw refusal.get().asException();
    }
  }

  private <T> Future<T> changing(Callable<T> change) {
    return thread.executeBlocking(change, false);
  }

  private <T> Future<T> bounded(Supplier<Future<T>> work) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      throw CallFailure.unavailable(
              "there are %d repository calls waiting already".formatted(MOST_WAITING))
          .asException();
    }
    return work.get().onComplete(_ -> waiting.decrementAndGet());
  }

  private RepositoryIndexResponse readIndex(boolean readyOnly) throws ConfigException {
    RepositoryIndexResponse.Builder index = RepositoryIndexResponse.newBuilder();
    TreeSet<String> names = new TreeSet<>(Repository.modelsIn(folder));
    repository.entries().forEach(entry -> names.add(entry.name()));
    for (String name : names) {
      ModelEntry entry = repository.entry(name);
      if (entry == null) {
        if (!readyOnly) {
          index.addModelsBuilder().setName(name);
        }
      } else {
        add(entry, readyOnly, index);
      }
    }
    return index.build();
  }

  private static void add(
      ModelEntry entry, boolean readyOnly, RepositoryIndexResponse.Builder index) {
    if (entry.versions().isEmpty() && !readyOnly) {
      ModelIndex.Builder whole = index.addModelsBuilder().setName(entry.name());
      entry
          .failure()
          .ifPresentOrElse(
              why -> whole.setState("UNAVAILABLE").setReason(why), () -> whole.setState("LOADING"));
    }
    for (Map.Entry<Long, VersionState> version : entry.versions().entrySet()) {
      boolean ready = version.getValue() instanceof VersionState.Ready state && state.answers();
      if (ready || !readyOnly) {
        index
            .addModelsBuilder()
            .setName(entry.name())
            .setVersion(Long.toString(version.getKey()))
            .setState(version.getValue().word())
            .setReason(version.getValue().reason());
      }
    }
  }

  public Future<@Nullable Void> close() {
    return thread.close();
  }
}
