package io.trawl.workers.kubernetes;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.workers.fleet.resolve.Backoff;
import io.trawl.workers.fleet.resolve.Failure;
import io.trawl.workers.fleet.resolve.LastKnown;
import io.trawl.workers.fleet.resolve.Located;
import io.trawl.workers.fleet.resolve.ResolveOptions;
import io.trawl.workers.fleet.resolve.ResolveOptions.Slices;
import io.trawl.workers.fleet.resolve.Resolver;
import io.trawl.workers.wire.Alarm;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lists the slices, watches them from there on, and lists them anew when it is time or when the
 * watch has ended. That a watch ends is no failure, servers end each after a while; that nothing
 * can be listed or watched is one. It then waits 1 s, then twice as long each time, to 30 s.
 *
 * <p>No slices at all are nobody, and counted as a failure too: a service that is misspelt looks
 * like that.
 *
 * <p>What waits for the API server does so on a thread of its own, which writes all fields.
 */
public final class KubernetesResolver implements Resolver {

  private static final long END_SECONDS = 30;

  private final Slices options;
  private final Supplier<Config> config;
  private final Alarm alarm;
  private final MeterRegistry registry;

  private @Nullable Running running; // guarded by this
  private boolean closed; // guarded by this

  KubernetesResolver(Slices options, Supplier<Config> config, Alarm alarm, MeterRegistry registry) {
    this.options = options;
    this.config = config;
    this.alarm = alarm;
    this.registry = registry;
  }

  /**
   * Of the cluster that this process runs in, by its service account; elsewhere of the one that
   * {@code KUBECONFIG} leads to.
   */
  public static Resolver of(Slices options, Alarm alarm, MeterRegistry registry) {
    return new KubernetesResolver(options, () -> Config.autoConfigure(null), alarm, registry);
  }

  @Override
  public synchronized Future<Void> start(Consumer<Located> told) {
    if (running != null || closed) {
      throw new IllegalStateException("a resolver starts once");
    }
    String name = options.namespace() + "/" + options.service();
    var begun =
        new Running(new LastKnown(options.field(), name, ResolveOptions.MOST, registry, told));
    running = begun;
    begun.execute(begun::look);
    return Future.succeededFuture();
  }

  @Override
  public synchronized Future<Void> close() {
    closed = true;
    return running == null ? Future.succeededFuture() : running.close();
  }

  /** From start to close. */
  private final class Running {

    private final ExecutorService own =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("fleet-kubernetes").daemon(true).factory());
    private final LastKnown known;
    private final Backoff backoff = new Backoff();
    private final Map<String, EndpointSlice> slices = new HashMap<>();
    private final Promise<Void> end = Promise.promise();
    private volatile boolean ended;

    private @Nullable SlicesApi api;
    private @Nullable Watch watch;
    private long turn;
    private Alarm.@Nullable Pending next;

    Running(LastKnown known) {
      this.known = known;
    }

    void execute(Runnable action) {
      try {
        own.execute(action);
      } catch (RejectedExecutionException refused) {
        if (!ended) {
          throw refused;
        }
      }
    }

    void look() {
      next = null;
      if (ended) {
        return;
      }
      stopWatching();
      try {
        if (api == null) {
          api = SlicesApi.open(options, config.get());
        }
        EndpointSliceList list = api.list();
        slices.clear();
        list.getItems().forEach(slice -> slices.put(slice.getMetadata().getName(), slice));
        boolean well = tell();
        watch = api.watch(list.getMetadata().getResourceVersion(), new Watching(turn));
        if (well) {
          known.well();
        }
        wake(options.relist().toNanos(), this::lookAnew);
      } catch (RuntimeException thrown) {
        if (!ended) {
          known.failed(SlicesApi.failure(thrown), SlicesApi.why(thrown));
          wake(backoff.next(), this::look);
        }
      }
    }

    private void lookAnew() {
      backoff.reset();
      look();
    }

    private void wake(long nanos, Runnable action) {
      next = alarm.after(nanos, () -> execute(action));
    }

    /** Whether the slices say where workers are. */
    private boolean tell() {
      SlicePlaces.Read read = SlicePlaces.read(slices.values(), options.port());
      if (slices.isEmpty()) {
        known.heard(List.of());
        known.failed(Failure.EMPTY, "no endpoint slices of the service");
        return false;
      }
      if (!read.portIsThere()) {
        known.failed(
            Failure.EMPTY, "no port '%s' in its endpoint slices".formatted(options.port()));
        return false;
      }
      known.heard(read.places());
      return true;
    }

    private void changed(long of, Watcher.Action action, EndpointSlice slice) {
      if (ended || of != turn) {
        return;
      }
      backoff.reset();
      String name = slice.getMetadata().getName();
      if (action == Watcher.Action.DELETED) {
        slices.remove(name);
      } else {
        slices.put(name, slice);
      }
      if (tell()) {
        known.well();
      }
    }

    private void watchEnded(long of) {
      if (ended || of != turn) {
        return;
      }
      stopWatching();
      if (next != null) {
        next.cancel();
      }
      wake(backoff.next(), this::look);
    }

    /** Nothing that the watch says after this is heard. */
    private void stopWatching() {
      turn++;
      if (watch != null) {
        watch.close();
        watch = null;
      }
    }

    Future<Void> close() {
      if (!ended) {
        ended = true;
        // Who waits for an action that never runs must not wait for ever.
        for (Runnable waiting : own.shutdownNow()) {
          if (waiting instanceof java.util.concurrent.Future<?> future) {
            future.cancel(false);
          }
        }
        Thread.ofVirtual().name("fleet-kubernetes-close").start(this::end);
      }
      return end.future();
    }

    /** What waited for the API server was interrupted, so this waits but a moment. */
    private void end() {
      try (SlicesApi ending = awaited()) {
        stopWatching();
      } catch (RuntimeException failed) {
        end.fail(failed);
      } finally {
        known.close();
        end.tryComplete();
      }
    }

    private @Nullable SlicesApi awaited() {
      try {
        if (!own.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
          throw new IllegalStateException("the API server's client does not end");
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      if (next != null) {
        next.cancel();
      }
      return api;
    }

    /** One watch. It reads the next event when this one has been taken, so that none pile up. */
    private final class Watching implements Watcher<EndpointSlice> {

      private final long of;

      Watching(long of) {
        this.of = of;
      }

      @Override
      public void eventReceived(Action action, @Nullable EndpointSlice slice) {
        if (slice == null || action == Action.ERROR || action == Action.BOOKMARK) {
          return;
        }
        try {
          own.submit(() -> changed(of, action, slice)).get();
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
        } catch (ExecutionException | CancellationException | RejectedExecutionException failed) {
          if (!ended) {
            throw new IllegalStateException("an event was not taken", failed);
          }
        }
      }

      @Override
      public boolean reconnecting() {
        return false;
      }

      @Override
      public void onClose(WatcherException why) {
        execute(() -> watchEnded(of));
      }

      @Override
      public void onClose() {
        execute(() -> watchEnded(of));
      }
    }
  }
}
