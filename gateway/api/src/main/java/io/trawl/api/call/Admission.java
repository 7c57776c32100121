package io.trawl.api.call;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Ticker;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How much work the gateway takes on at one time. A request has a price in usual searches, and is
 * taken where the work under way and its own keep within a limit; otherwise it is refused before
 * anything is done for it. The limit follows latency (Netflix' concurrency-limits): it grows while
 * requests end as fast as they used to, and falls as they begin to queue, so that what is taken
 * ends in time however much is asked.
 *
 * <p>A place is held until the work has ended, not until its caller has left: who begins work and
 * abandons it makes no room for more.
 */
public final class Admission {

  /** Why a request is refused that finds no place. */
  static final String FULL = "as much work as ends in time is under way";

  private static final long WINDOW_MS = 100;
  private static final int WINDOW_SAMPLES = 10;

  /** Of the work under way, what may wait for a thread: the limit falls beyond, and grows below. */
  private static final int MOST_QUEUED = 4;

  private static final double SMOOTHING = 0.2;

  private final Limit limit;
  private final int least;
  private final Ticker ticker;
  private final AtomicInteger held = new AtomicInteger();

  /**
   * @param bounds where the limit starts and how far it may go
   */
  public Admission(ApiOptions.Work bounds, Ticker ticker, MeterRegistry registry) {
    this.limit = limit(bounds);
    this.least = bounds.least();
    this.ticker = ticker;
    Gauge.builder("trawl.work.held", held, AtomicInteger::get)
        .description("Work under way, in usual searches")
        .register(registry);
    Gauge.builder("trawl.work.limit", this, Admission::most)
        .description("Work beyond which requests are refused, in usual searches")
        .register(registry);
  }

  private static Limit limit(ApiOptions.Work bounds) {
    if (bounds.least() == bounds.most()) {
      return FixedLimit.of(bounds.most());
    }
    return WindowedLimit.newBuilder()
        .minWindowTime(WINDOW_MS, TimeUnit.MILLISECONDS)
        .maxWindowTime(10 * WINDOW_MS, TimeUnit.MILLISECONDS)
        .windowSize(WINDOW_SAMPLES)
        .minRttThreshold(1, TimeUnit.MICROSECONDS)
        .build(
            VegasLimit.newBuilder()
                .initialLimit(bounds.start())
                .maxConcurrency(bounds.most())
                .alpha(MOST_QUEUED / 2)
                .beta(MOST_QUEUED)
                .smoothing(SMOOTHING)
                .build());
  }

  private int most() {
    return Math.max(least, limit.getLimit());
  }

  /** Whether nothing at all finds room: whoever asks may be refused before it is read. */
  boolean full() {
    return held.get() >= most();
  }

  /**
   * A place for work of this price; empty where there is none. What costs more than the limit is
   * taken when nothing else is under way.
   *
   * @param cost in usual searches
   */
  Optional<Place> enter(double cost) {
    int price = (int) Math.clamp(Math.ceil(cost), 1, Integer.MAX_VALUE / 2);
    while (true) {
      int before = held.get();
      int most = most();
      int taken = Math.min(price, most);
      if (before > 0 && before + taken > most) {
        return Optional.empty();
      }
      if (held.compareAndSet(before, before + taken)) {
        return Optional.of(new Place(taken, ticker.nanos()));
      }
    }
  }

  /** A place among the work under way; given back once, whoever closes it how often. */
  final class Place implements AutoCloseable {

    private final int taken;
    private final long sinceNanos;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Place(int taken, long sinceNanos) {
      this.taken = taken;
      this.sinceNanos = sinceNanos;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        int during = held.getAndAdd(-taken);
        long nanos = Math.max(1, (ticker.nanos() - sinceNanos) / taken);
        limit.onSample(sinceNanos, nanos, during, false);
      }
    }
  }
}
