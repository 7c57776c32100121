package io.trawl.api.call;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Ticker;
import io.trawl.workers.guard.ConcurrencyLimit;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * How much work the gateway takes on at one time. A request has a price in usual searches, and is
 * taken where the work under way and its own keep within a limit; otherwise it is refused before
 * anything is done for it. The limit follows the time that work waits for a thread (additive
 * increase, multiplicative decrease, by Netflix' concurrency-limits): it grows while there is use
 * for it and nothing waits long, and falls as soon as something does. Waiting is what overload is,
 * whatever kinds of requests there are; how long they take also depends on what they ask.
 *
 * <p>A place is held until the work has ended, not until its caller has left: who begins work and
 * abandons it makes no room for more. While several sources ask, those that have had their share
 * leave a part to the others: of two a quarter, of more up to half. Who asks is who begins work or
 * finds no room for it, not who is refused for another reason.
 */
public final class Admission {

  /** Why a request is refused that finds no place. */
  static final String FULL = "as much work as ends in time is under way";

  private static final Duration WINDOW = Duration.ofMillis(100);

  /** For how long a source counts that has asked, and what it was given. */
  private static final Duration LATELY = Duration.ofSeconds(1);

  /** How often it is weighed anew who has had how much, at most. */
  private static final Duration WEIGHING = Duration.ofMillis(20);

  /** Sources that are told apart, at most: beyond, who was silent longest is forgotten. */
  private static final int MOST_SOURCES = 4096;

  private final ConcurrencyLimit limit;
  private final Ticker ticker;
  private final BooleanSupplier waitsLong;
  private final Sources sources;
  private final AtomicInteger held = new AtomicInteger();

  /**
   * @param bounds where the limit starts and how far it may go
   * @param waitsLong whether the work that began last had waited long for a thread
   */
  public Admission(
      ApiOptions.Work bounds, Ticker ticker, BooleanSupplier waitsLong, MeterRegistry registry) {
    this.limit =
        ConcurrencyLimit.byTrouble(
            new ConcurrencyLimit.Bounds(bounds.start(), bounds.least(), bounds.most()), WINDOW);
    this.ticker = ticker;
    this.waitsLong = waitsLong;
    this.sources = new Sources(ticker.nanos());
    Gauge.builder("trawl.work.held", held, AtomicInteger::get)
        .description("Work under way, in usual searches")
        .register(registry);
    Gauge.builder("trawl.work.limit", limit, ConcurrencyLimit::most)
        .description("Work beyond which requests are refused, in usual searches")
        .register(registry);
  }

  /**
   * Whether nothing at all finds room: whoever asks may be refused before it is read, and counts as
   * one that asked. Who finds that there is room has not asked yet.
   */
  boolean full(String source) {
    boolean full = held.get() >= mostOf(source);
    if (full) {
      sources.asked(source);
    }
    return full;
  }

  /**
   * A place for work of this price; empty where there is none. What costs more than the limit is
   * taken when nothing else is under way.
   *
   * @param cost in usual searches
   * @param source who asks: an address
   */
  Optional<Place> enter(double cost, String source) {
    int price = (int) Math.clamp(Math.ceil(cost), 1, Integer.MAX_VALUE / 2);
    int most = mostOf(source);
    int taken = Math.min(price, most);
    while (true) {
      int before = held.get();
      if (before > 0 && before + taken > most) {
        sources.asked(source);
        return Optional.empty();
      }
      if (held.compareAndSet(before, before + taken)) {
        sources.entered(source, taken);
        return Optional.of(new Place(taken, source));
      }
    }
  }

  /** Up to where this source may fill the limit, as it asks now. */
  private int mostOf(String source) {
    int all = limit.most();
    return Math.max(1, all - (int) Math.ceil(all * sources.closed(source)));
  }

  /** A place among the work under way; given back once, whoever closes it how often. */
  final class Place implements AutoCloseable {

    private final int taken;
    private final String source;
    private final long sinceNanos = ticker.nanos();
    private final AtomicBoolean closed = new AtomicBoolean();

    private Place(int taken, String source) {
      this.taken = taken;
      this.source = source;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        sources.left(source, taken);
        int during = held.getAndAdd(-taken);
        long nanos = Math.max(1, ticker.nanos() - sinceNanos);
        limit.ended(sinceNanos, nanos, during, waitsLong.getAsBoolean());
      }
    }
  }

  /**
   * Who holds how much, and was given how much lately. Those that hold places are as many as there
   * are places, at most.
   */
  private final class Sources {

    private final Map<String, Integer> places = new HashMap<>();

    /** Those that asked lately, who was silent longest first. */
    private final LinkedHashMap<String, Lately> asking = new LinkedHashMap<>();

    /** What all of those have given back. */
    private final Fading given = new Fading();

    /** The part of what all have had that is a share, as it was weighed last. */
    private double share = 1;

    private long weighedNanos;

    Sources(long now) {
      weighedNanos = now;
    }

    synchronized void entered(String source, int taken) {
      places.merge(source, taken, Integer::sum);
      asked(source);
    }

    /** This source has begun work or found no room for it. */
    synchronized void asked(String source) {
      long now = ticker.nanos();
      var lately = asking.remove(source);
      if (lately == null) {
        lately = new Lately();
      }
      lately.askedNanos = now;
      asking.putLast(source, lately);
      forget(now);
    }

    synchronized void left(String source, int taken) {
      places.computeIfPresent(source, (_, before) -> before == taken ? null : before - taken);
      var lately = asking.get(source);
      if (lately != null) {
        long now = ticker.nanos();
        lately.given.add(taken, now);
        given.add(taken, now);
      }
    }

    /**
     * The part of the limit that is closed to this source, which may be about to ask: none while it
     * is alone or has had three quarters of a share at most; from a whole share on half of what is
     * the others'.
     */
    synchronized double closed(String source) {
      long now = ticker.nanos();
      forget(now);
      var lately = asking.get(source);
      double number = asking.size() + (lately == null ? 1 : 0);
      double had = had(places.getOrDefault(source, 0), lately, now);
      if (number == 1 || had <= 0) {
        return 0;
      }
      weigh(now);
      double others = (number - 1) / number;
      return others / 2 * Math.clamp(4 * had / (share * (held.get() + given.at(now))) - 3, 0, 1);
    }

    /**
     * A share is the mean of what those hold and were given lately who use much: each at least half
     * of it. Who uses little takes nothing from the others' share, however many there are of them.
     */
    private void weigh(long now) {
      if (now - weighedNanos < WEIGHING.toNanos()) {
        return;
      }
      weighedNanos = now;
      double[] each = each(now);
      double all = DoubleStream.of(each).sum();
      share = 1;
      double rest = all;
      for (int i = 0; i < each.length; i++) {
        double mean = rest / (each.length - i);
        share = mean / all;
        if (each[i] >= mean / 2) {
          return;
        }
        rest -= each[i];
      }
    }

    /** What each has had who has had something, least first. */
    private double[] each(long now) {
      var each = DoubleStream.builder();
      asking.forEach(
          (source, lately) -> each.add(had(places.getOrDefault(source, 0), lately, now)));
      places.forEach(
          (source, held) -> {
            if (!asking.containsKey(source)) {
              each.add(held);
            }
          });
      return each.build().filter(had -> had > 0).sorted().toArray();
    }

    private double had(int held, @Nullable Lately lately, long now) {
      return lately == null ? held : held + lately.given.at(now);
    }

    private void forget(long now) {
      while (asking.size() > MOST_SOURCES
          || (!asking.isEmpty()
              && now - asking.firstEntry().getValue().askedNanos > LATELY.toNanos())) {
        given.add(-asking.pollFirstEntry().getValue().given.at(now), now);
      }
    }
  }

  /** What became of a source that asked lately. */
  private static final class Lately {
    private final Fading given = new Fading();
    private long askedNanos;
  }

  /** An amount of which, each {@link #LATELY}, a share of 1/e is left. */
  private static final class Fading {
    private double amount;
    private long sinceNanos;

    void add(double more, long now) {
      amount = at(now) + more;
      sinceNanos = now;
    }

    double at(long now) {
      return amount == 0 ? 0 : amount * Math.exp((double) (sinceNanos - now) / LATELY.toNanos());
    }
  }
}
