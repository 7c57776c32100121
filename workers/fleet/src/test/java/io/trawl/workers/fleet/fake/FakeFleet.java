package io.trawl.workers.fleet.fake;

import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.fleet.resolve.Located;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.fleet.resolve.Resolver;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.testkit.service.HandClock;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Fake workers that come and go, all in the time of one clock. The same seed gives the same run.
 */
public final class FakeFleet {

  private static final int PORT = 8001;

  private final HandClock clock = new HandClock();
  private final SplittableRandom seeds;
  private final Consumer<FakeWorker> furnish;

  /** The process at each address, the last one where it is gone. */
  private final Map<Endpoint, FakeWorker> processes = new LinkedHashMap<>();

  private final Map<Endpoint, Place> listed = new LinkedHashMap<>();

  /** The processes at listed addresses. */
  private List<FakeWorker> workers = List.of();

  private final List<Consumer<Located>> told = new ArrayList<>();

  private FakeFleet(long seed, Consumer<FakeWorker> furnish) {
    this.seeds = new SplittableRandom(seed);
    this.furnish = furnish;
  }

  /**
   * A fleet of no zone.
   *
   * @param furnish makes a new worker serve what it shall; {@link FakeWorker#seed} is for what it
   *     draws
   */
  public static FakeFleet of(int workers, long seed, Consumer<FakeWorker> furnish) {
    var fleet = new FakeFleet(seed, furnish);
    for (int i = 0; i < workers; i++) {
      fleet.add("");
    }
    return fleet;
  }

  public HandClock clock() {
    return clock;
  }

  /** Those that are listed, in the order of their coming. */
  public List<FakeWorker> workers() {
    return workers;
  }

  /** The listed one of this number, the first being 0. */
  public FakeWorker worker(int number) {
    return workers().get(number);
  }

  /** One more, at an address that nobody had. */
  public FakeWorker add(String zone) {
    int number = processes.size();
    var endpoint = new Endpoint("10.0.%d.%d".formatted(number / 250, number % 250 + 1), PORT);
    FakeWorker worker = begin(endpoint);
    listed.put(endpoint, new Place(endpoint, zone, false));
    tell();
    return worker;
  }

  /** Takes one out of the list and ends it, as an orchestrator does. Complete when it is gone. */
  public Future<Void> remove(FakeWorker worker) {
    listed.remove(worker.endpoint());
    tell();
    return worker.drain(Rejection.STOPPING);
  }

  /** Puts a fresh process in the place of one that is gone or is not; the list stays. */
  public FakeWorker restart(FakeWorker worker) {
    worker.kill();
    return begin(worker.endpoint());
  }

  /** A client of whoever is at an address when it is asked. */
  public OipClient connect(Endpoint endpoint) {
    return new FakeClient(endpoint, clock, () -> Optional.ofNullable(processes.get(endpoint)));
  }

  /** Tells where the workers are, at once when that changes. */
  public Resolver resolver() {
    return new Resolver() {

      private Consumer<Located> listener = _ -> {};

      @Override
      public Future<Void> start(Consumer<Located> to) {
        listener = to;
        told.add(to);
        to.accept(located());
        return Future.succeededFuture();
      }

      @Override
      public Future<Void> close() {
        told.remove(listener);
        return Future.succeededFuture();
      }
    };
  }

  private FakeWorker begin(Endpoint endpoint) {
    var worker = new FakeWorker(endpoint, seeds.nextLong(), clock);
    furnish.accept(worker);
    processes.put(endpoint, worker);
    list();
    return worker;
  }

  private void list() {
    workers = listed.keySet().stream().map(processes::get).toList();
  }

  private void tell() {
    list();
    List.copyOf(told).forEach(each -> each.accept(located()));
  }

  private Located located() {
    return new Located(List.copyOf(listed.values()));
  }
}
