package io.trawl.workers.fleet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.fleet.call.CallCounts;
import io.trawl.workers.fleet.call.Dispatcher;
import io.trawl.workers.fleet.call.RetryBudget;
import io.trawl.workers.fleet.choose.Chooser;
import io.trawl.workers.fleet.choose.Roster;
import io.trawl.workers.fleet.replica.Proof;
import io.trawl.workers.fleet.replica.Replica;
import io.trawl.workers.fleet.resolve.Located;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.fleet.resolve.Resolver;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many model workers as one. It hears from a {@link Resolver} which workers there are and keeps the
 * way to each; a {@link ModelFleet} runs one version of a model on them. Safe for all threads.
 */
public final class Fleet {

  private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

  private static final int RETRY_SECONDS = 1;

  private final FleetOptions options;
  private final Resolver resolver;
  private final Function<Endpoint, OipClient> clients;
  private final NanoClock clock;
  private final Alarm alarm;
  private final Supplier<Executor> home;
  private final Chooser chooser;
  private final RetryBudget retries;
  private final FleetMeters meters;
  private final CallCounts counts;

  /**
   * Held while one change of workers or models is told on, so that each is told of them in turn.
   */
  private final Object turn = new Object();

  private final Object lock = new Object();

  @GuardedBy("lock")
  private final SplittableRandom random;

  @GuardedBy("lock")
  private final Map<Endpoint, Worker> workers = new HashMap<>();

  @GuardedBy("lock")
  private final List<ModelFleet> models = new ArrayList<>();

  @GuardedBy("lock")
  private boolean tooMany;

  @GuardedBy("lock")
  private boolean closed;

  /**
   * A fleet that knows nobody yet.
   *
   * @param clients makes the way to one worker; the fleet closes it
   * @param home where a call lives: asked when it is made, and what continues it runs there
   * @param seed of all that is drawn by chance
   */
  public Fleet(
      FleetOptions options,
      Resolver resolver,
      Function<Endpoint, OipClient> clients,
      NanoClock clock,
      Alarm alarm,
      Supplier<Executor> home,
      long seed,
      MeterRegistry registry) {
    this.options = options;
    this.resolver = resolver;
    this.clients = clients;
    this.clock = clock;
    this.alarm = alarm;
    this.home = home;
    this.random = new SplittableRandom(seed);
    this.chooser = new Chooser(options.choose(), random.nextLong());
    this.retries =
        new RetryBudget(
            options.call().retryShare(), options.call().retriesPerSecond(), RETRY_SECONDS, clock);
    this.meters = new FleetMeters(registry);
    this.counts = new CallCounts(registry);
  }

  /** A fleet whose calls live on the contexts of Vert.x from which they are made. */
  public static Fleet of(
      Vertx vertx,
      FleetOptions options,
      Resolver resolver,
      Function<Endpoint, OipClient> clients,
      NanoClock clock,
      long seed,
      MeterRegistry registry) {
    return new Fleet(
        options,
        resolver,
        clients,
        clock,
        Alarm.of(vertx),
        () -> {
          var context = vertx.getOrCreateContext();
          return task -> context.runOnContext(_ -> task.run());
        },
        seed,
        registry);
  }

  /** Begins to look for workers. */
  public Future<Void> start() {
    return resolver.start(this::located);
  }

  /**
   * A version of a model on the workers of this fleet.
   *
   * @param proof what each of them has to show before it is given calls
   */
  public ModelFleet model(String model, String version, Proof proof) {
    synchronized (turn) {
      ModelFleet made;
      List<Worker> all;
      synchronized (lock) {
        if (closed) {
          throw new IllegalStateException("the fleet is closed");
        }
        var own = new SplittableRandom(random.nextLong());
        made = new ModelFleet(this, model, version, proof, () -> drawn(own));
        models.add(made);
        all = List.copyOf(workers.values());
      }
      meters.opened(made);
      all.forEach(made::add);
      made.start();
      return made;
    }
  }

  private static double drawn(SplittableRandom random) {
    synchronized (random) {
      return random.nextDouble();
    }
  }

  /** Ways to all workers there are, whatever they can do. */
  public List<OipClient> clients() {
    synchronized (lock) {
      return workers.values().stream().map(Worker::client).toList();
    }
  }

  /** The models that are run on the workers now. */
  public List<ModelFleet> models() {
    synchronized (lock) {
      return List.copyOf(models);
    }
  }

  private void located(Located located) {
    synchronized (turn) {
      change(located);
    }
  }

  private void change(Located located) {
    List<Worker> come = new ArrayList<>();
    List<Worker> gone = new ArrayList<>();
    List<ModelFleet> all;
    synchronized (lock) {
      if (closed) {
        return;
      }
      Map<Endpoint, Place> wanted = wanted(located);
      workers
          .values()
          .removeIf(
              worker -> {
                boolean goes = !worker.place().equals(wanted.get(worker.place().endpoint()));
                if (goes) {
                  gone.add(worker);
                }
                return goes;
              });
      for (Place place : wanted.values()) {
        if (!workers.containsKey(place.endpoint())) {
          var worker = new Worker(place, clients.apply(place.endpoint()));
          workers.put(place.endpoint(), worker);
          come.add(worker);
        }
      }
      all = List.copyOf(models);
    }
    for (Worker worker : come) {
      LOG.info("worker {} is known", worker.place().endpoint());
      all.forEach(model -> model.add(worker));
    }
    gone.forEach(worker -> goes(worker, all));
  }

  /** Those that stay, up to as many as are used. */
  @GuardedBy("lock")
  private Map<Endpoint, Place> wanted(Located located) {
    Map<Endpoint, Place> wanted = new HashMap<>();
    boolean more = false;
    for (Place place : located.places()) {
      if (!place.leaving()) {
        if (wanted.size() < options.workers() || wanted.containsKey(place.endpoint())) {
          wanted.putIfAbsent(place.endpoint(), place);
        } else {
          more = true;
        }
      }
    }
    if (more && !tooMany) {
      LOG.warn("there are more than {} workers: those beyond are not used", options.workers());
    }
    tooMany = more;
    return wanted;
  }

  private void goes(Worker worker, List<ModelFleet> all) {
    LOG.info("worker {} is to go", worker.place().endpoint());
    all.forEach(model -> model.goes(worker));
    worker.closeWhenIdle(
        () -> {
          int underWay = all.stream().mapToInt(model -> model.underWay(worker)).sum();
          if (underWay == 0) {
            all.forEach(model -> model.forget(worker));
          }
          return underWay;
        },
        options.leaveWithin(),
        clock,
        alarm);
  }

  /** Ends looking, and closes the ways: calls under way end as unreachable. */
  public Future<Void> close() {
    List<ModelFleet> allModels;
    List<Worker> allWorkers;
    synchronized (lock) {
      closed = true;
      allModels = List.copyOf(models);
      allWorkers = List.copyOf(workers.values());
      workers.clear();
    }
    allModels.forEach(ModelFleet::close);
    return resolver
        .close()
        .transform(
            _ -> Future.join(allWorkers.stream().map(worker -> worker.client().close()).toList()))
        .mapEmpty();
  }

  void closed(ModelFleet model) {
    synchronized (lock) {
      models.remove(model);
    }
    meters.closed(model);
  }

  Dispatcher dispatcher(Supplier<Roster<Replica>> roster) {
    return new Dispatcher(options.call(), chooser, roster, retries, counts, clock, alarm, home);
  }

  FleetOptions options() {
    return options;
  }

  NanoClock clock() {
    return clock;
  }

  Alarm alarm() {
    return alarm;
  }
}
