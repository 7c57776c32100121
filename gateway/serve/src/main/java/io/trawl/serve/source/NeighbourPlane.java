package io.trawl.serve.source;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Neighbours for all requests of one space. They do not depend on who asks, so what one request
 * fetched serves the others: from a cache, or by waiting for what is on its way. Answers are the
 * same with and without it.
 *
 * <p>An item is on its way once at most. What requests miss while calls are under way gathers, and
 * goes with the next call, {@link PlaneOptions#batch} items of one count at most. A call may take
 * until the latest deadline of those who wait for it when it leaves; each waits until its own, or
 * until nobody waits for it, and a fetch that fails fails those who wait and is forgotten.
 *
 * <p>What is kept is chosen by how often it is asked for, not only how lately (Caffeine,
 * W-TinyLFU): most users' ways through the catalogue are taken once, and would push out those of
 * the many.
 *
 * <p>Safe for use by all threads. One lock, held for a few map operations per asked item and never
 * while a source is asked or a waiter is told.
 */
public final class NeighbourPlane implements NeighbourSource, AutoCloseable {

  private static final int[] NOWHERE = {};

  /** The space is this plane's. */
  private record Key(int ordinal, int count) {}

  /** An item that is on its way, or waits for a call to go with. */
  private static final class Flight {
    private final Key key;
    private final List<Waiter> waiters = new ArrayList<>(2);

    /** Of those who waited before it left. */
    private long latestNanos = Long.MIN_VALUE;

    Flight(Key key) {
      this.key = key;
    }
  }

  /** One request for some items, of which some are missing yet. */
  private static final class Waiter {
    private final Promise<int[][]> promise = Promise.promise();
    private final int[][] lists;

    /** By ordinal, of those that are missing. */
    private final Map<Integer, int[]> places = new HashMap<>();

    /** Guarded by the plane's lock. */
    private int missing;

    Waiter(int count) {
      this.lists = new int[count][];
    }

    /** Under the plane's lock. */
    void take(int ordinal, int[] row) {
      for (var place : places.getOrDefault(ordinal, NOWHERE)) {
        lists[place] = row;
        missing--;
      }
    }
  }

  private final Vertx vertx;
  private final NeighbourSource source;
  private final PlaneOptions options;
  private final Ticker ticker;
  private final PlaneCounts counts;

  private final Object lock = new Object();

  /** Asked and filled under the lock, so that no item is fetched twice; it needs none itself. */
  private final Cache<Key, int[]> rows;

  @GuardedBy("lock")
  private final Map<Key, Flight> flights = new HashMap<>();

  /** Flights that wait for a call, by the count that they ask for. */
  @GuardedBy("lock")
  private final Map<Integer, Queue<Flight>> waiting = new LinkedHashMap<>();

  @GuardedBy("lock")
  private int underWay;

  @GuardedBy("lock")
  private boolean closed;

  public NeighbourPlane(Vertx vertx, NeighbourSource source, PlaneOptions options, Ticker ticker) {
    this(vertx, source, options, ticker, new PlaneCounts());
  }

  /**
   * @param counts that it shares with other planes of its space
   */
  public NeighbourPlane(
      Vertx vertx,
      NeighbourSource source,
      PlaneOptions options,
      Ticker ticker,
      PlaneCounts counts) {
    this.vertx = vertx;
    this.source = source;
    this.options = options;
    this.ticker = ticker;
    this.counts = counts;
    this.rows =
        Caffeine.newBuilder()
            .maximumSize(options.rows())
            .executor(Runnable::run)
            .evictionListener((_, _, _) -> evicted())
            .build();
  }

  @Override
  public Future<int[][]> neighbours(
      int[] ordinals, int count, Deadline deadline, Cancellation cancellation) {
    counts.asked.add(ordinals.length);
    var waiter = new Waiter(ordinals.length);
    synchronized (lock) {
      for (var i = 0; i < ordinals.length; i++) {
        var key = new Key(ordinals[i], count);
        var row = rows.getIfPresent(key);
        if (row != null) {
          waiter.lists[i] = row;
          counts.cached.increment();
        } else {
          await(waiter, i, key, deadline);
        }
      }
      if (waiter.missing == 0) {
        return Future.succeededFuture(waiter.lists);
      }
    }
    send();
    var future = waiter.promise.future();
    if (!future.isComplete()) {
      limit(waiter, deadline, cancellation);
    }
    return future;
  }

  @GuardedBy("lock")
  private void await(Waiter waiter, int place, Key key, Deadline deadline) {
    var flight = flights.get(key);
    if (flight == null) {
      flight = new Flight(key);
      flights.put(key, flight);
      waiting.computeIfAbsent(key.count(), _ -> new ArrayDeque<>()).add(flight);
    } else {
      counts.joined.increment();
    }
    flight.latestNanos = Math.max(flight.latestNanos, deadline.nanos());
    waiter.missing++;
    var before = waiter.places.get(key.ordinal());
    waiter.places.put(key.ordinal(), before == null ? new int[] {place} : with(before, place));
    if (before == null) {
      flight.waiters.add(waiter);
    }
  }

  private static int[] with(int[] places, int place) {
    var more = Arrays.copyOf(places, places.length + 1);
    more[places.length] = place;
    return more;
  }

  /** Ends the wait of one alone; what it waited for goes on its way for the others. */
  private void limit(Waiter waiter, Deadline deadline, Cancellation cancellation) {
    var leftMillis = TimeUnit.NANOSECONDS.toMillis(deadline.leftNanos(ticker));
    var timer =
        vertx.setTimer(
            Math.max(1, leftMillis),
            _ -> waiter.promise.tryFail(new SourceFailed("neighbours took too long")));
    var registration =
        cancellation.onCancel(
            () -> waiter.promise.tryFail(new SourceFailed("nobody waits for neighbours any more")));
    waiter
        .promise
        .future()
        .onComplete(
            _ -> {
              vertx.cancelTimer(timer);
              registration.close();
            });
  }

  private void send() {
    for (var batch = next(); !batch.isEmpty(); batch = next()) {
      fetch(batch);
    }
  }

  /** What goes with the next call; empty where there is nothing, or no call may be made. */
  private List<Flight> next() {
    synchronized (lock) {
      if (underWay >= options.calls() || waiting.isEmpty()) {
        return List.of();
      }
      var first = waiting.entrySet().iterator().next();
      var batch = new ArrayList<Flight>();
      while (batch.size() < options.batch() && !first.getValue().isEmpty()) {
        batch.add(first.getValue().remove());
      }
      // What is left of it waits behind the other counts.
      waiting.remove(first.getKey());
      if (!first.getValue().isEmpty()) {
        waiting.put(first.getKey(), first.getValue());
      }
      underWay++;
      return batch;
    }
  }

  private void fetch(List<Flight> batch) {
    counts.calls.increment();
    counts.fetched.add(batch.size());
    var ordinals = batch.stream().mapToInt(flight -> flight.key.ordinal()).toArray();
    var lists =
        Uses.begun(
            () ->
                source.neighbours(
                    ordinals, batch.getFirst().key.count(), latest(batch), new Cancellation()));
    lists.onComplete(
        done -> {
          var given = done.succeeded() ? done.result() : null;
          if (given != null && given.length == batch.size()) {
            landed(batch, given);
          } else {
            lost(batch, given == null ? done.cause() : misshapen(given, batch));
          }
          send();
        });
  }

  private static Throwable misshapen(int[][] given, List<Flight> batch) {
    return new IllegalStateException(
        "%d lists came for %d items".formatted(given.length, batch.size()));
  }

  private Deadline latest(List<Flight> batch) {
    synchronized (lock) {
      var latest = Long.MIN_VALUE;
      for (var flight : batch) {
        latest = Math.max(latest, flight.latestNanos);
      }
      return new Deadline(latest);
    }
  }

  private void landed(List<Flight> batch, int[][] lists) {
    var complete = new ArrayList<Waiter>();
    synchronized (lock) {
      underWay--;
      for (var i = 0; i < lists.length; i++) {
        var flight = batch.get(i);
        flights.remove(flight.key);
        keep(flight.key, lists[i]);
        for (var waiter : flight.waiters) {
          waiter.take(flight.key.ordinal(), lists[i]);
          if (waiter.missing == 0) {
            complete.add(waiter);
          }
        }
      }
    }
    complete.forEach(waiter -> waiter.promise.tryComplete(waiter.lists));
  }

  @GuardedBy("lock")
  private void keep(Key key, int[] row) {
    if (options.rows() == 0 || closed) {
      return;
    }
    counts.kept.increment();
    rows.put(key, row);
  }

  private void evicted() {
    counts.kept.decrement();
    counts.evicted.increment();
  }

  private void lost(List<Flight> batch, @Nullable Throwable failure) {
    var failed = new ArrayList<Waiter>();
    synchronized (lock) {
      underWay--;
      for (var flight : batch) {
        flights.remove(flight.key);
        failed.addAll(flight.waiters);
      }
    }
    failed.forEach(waiter -> waiter.promise.tryFail(failure));
  }

  /** Items whose neighbours were asked for, once per request that did. */
  public long asked() {
    return counts.asked.sum();
  }

  /** Items whose neighbours were asked of the source. */
  public long fetched() {
    return counts.fetched.sum();
  }

  /** Forgets what it keeps, and keeps nothing more. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      rows.cleanUp();
      counts.kept.add(-rows.estimatedSize());
      rows.invalidateAll();
    }
  }
}
