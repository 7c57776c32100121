package io.trawl.workers.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.Serial;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guard over Resilience4j's permissions.
 *
 * <p>Its breaker counts the probes that it lets through while half open, and counts them down by
 * whichever call ends then, even one that began before it ever opened. Such a call would stand for
 * a probe that it was not, or, dropped, hand out one probe more. So a ticket remembers in which
 * generation (one for each state that the breaker goes through) it was given, and speaks to the
 * breaker in that one only. For the generation to be the one that gave the permit, asking and
 * recording are one step each, under one lock that is held for less than a microsecond.
 */
final class ResilienceGuard implements Guard {

  private static final Logger LOG = LoggerFactory.getLogger(ResilienceGuard.class);

  /** What the breaker records; the caller has the real one. */
  private static final CallFailed CALL_FAILED = new CallFailed();

  private final String name;
  private final GuardOptions options;
  private final LongSupplier nanos;
  private final Runnable whenOpen;
  private final BulkheadRegistry bulkheads;
  private final Bulkhead bulkhead;
  private final CircuitBreakerRegistry breakers;
  private final LongAdder full = new LongAdder();
  private final LongAdder open = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  private final Object lock = new Object();

  @GuardedBy("lock")
  private final CircuitBreaker breaker;

  @GuardedBy("lock")
  private long generation;

  @GuardedBy("lock")
  private long openSinceNanos;

  @GuardedBy("lock")
  private boolean opened;

  ResilienceGuard(String name, GuardOptions options, LongSupplier nanos, Runnable whenOpen) {
    this.name = name;
    this.options = options;
    this.nanos = nanos;
    this.whenOpen = whenOpen;
    this.bulkheads =
        BulkheadRegistry.of(
            BulkheadConfig.custom()
                .maxConcurrentCalls(options.concurrency())
                .maxWaitDuration(Duration.ZERO)
                .writableStackTraceEnabled(false)
                .build());
    this.bulkhead = bulkheads.bulkhead(name);
    this.breakers = CircuitBreakerRegistry.of(breaker(options, nanos));
    this.breaker = breakers.circuitBreaker(name);
    breaker
        .getEventPublisher()
        .onStateTransition(event -> changed(event.getStateTransition().getToState()));
  }

  private static CircuitBreakerConfig breaker(GuardOptions options, LongSupplier nanos) {
    return CircuitBreakerConfig.custom()
        .slidingWindow(options.window(), options.minimumCalls(), SlidingWindowType.COUNT_BASED)
        .failureRateThreshold((float) (100 * options.failureRate()))
        .slowCallDurationThreshold(options.slowAfter())
        .slowCallRateThreshold((float) (100 * options.slowRate()))
        .waitDurationInOpenState(options.openFor())
        .permittedNumberOfCallsInHalfOpenState(options.probes())
        .automaticTransitionFromOpenToHalfOpenEnabled(false)
        .currentTimestampFunction(_ -> nanos.getAsLong(), TimeUnit.NANOSECONDS)
        .clock(new TickingClock(nanos))
        .writableStackTraceEnabled(false)
        .build();
  }

  @Override
  public Admission tryAcquire() {
    if (!bulkhead.tryAcquirePermission()) {
      full.increment();
      return new Refusal.Full(options.concurrency());
    }
    synchronized (lock) {
      if (breaker.tryAcquirePermission()) {
        return new Ticket(this, generation, nanos.getAsLong());
      }
    }
    bulkhead.releasePermission();
    open.increment();
    return new Refusal.Open(retryAfter());
  }

  private Duration retryAfter() {
    synchronized (lock) {
      return switch (breaker.getState()) {
        case OPEN -> {
          var left = openSinceNanos + options.openFor().toNanos() - nanos.getAsLong();
          yield Duration.ofNanos(Math.max(0, left));
        }
        case HALF_OPEN -> shorter(options.openFor(), options.slowAfter());
        // It closed between the refusal and this look.
        case CLOSED, DISABLED, METRICS_ONLY -> Duration.ZERO;
        case FORCED_OPEN -> options.openFor();
      };
    }
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  void ended(Ending ending, long givenIn, long startNanos) {
    boolean openedNow;
    synchronized (lock) {
      if (givenIn == generation) {
        record(ending, nanos.getAsLong() - startNanos);
      }
      openedNow = opened;
      opened = false;
    }
    if (ending == Ending.DROPPED) {
      dropped.increment();
    }
    bulkhead.onComplete();
    if (openedNow) {
      whenOpen.run();
    }
  }

  @GuardedBy("lock")
  private void record(Ending ending, long durationNanos) {
    switch (ending) {
      case SUCCEEDED -> breaker.onSuccess(durationNanos, TimeUnit.NANOSECONDS);
      case FAILED -> breaker.onError(durationNanos, TimeUnit.NANOSECONDS, CALL_FAILED);
      case DROPPED -> breaker.releasePermission();
    }
  }

  /** Runs on the thread that asks or records, so under the lock. */
  private void changed(CircuitBreaker.State to) {
    synchronized (lock) {
      generation++;
      if (to == CircuitBreaker.State.OPEN) {
        openSinceNanos = nanos.getAsLong();
        opened = true;
      }
    }
    LOG.info("guard {} is {}", name, to);
  }

  @Override
  public void reset() {
    synchronized (lock) {
      breaker.reset();
      generation++;
      opened = false;
    }
    LOG.debug("guard {} is reset", name);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int underWay() {
    var metrics = bulkhead.getMetrics();
    return metrics.getMaxAllowedConcurrentCalls() - metrics.getAvailableConcurrentCalls();
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(registry);
    TaggedBulkheadMetrics.ofBulkheadRegistry(bulkheads).bindTo(registry);
    refused("full", full, registry);
    refused("open", open, registry);
    FunctionCounter.builder("trawl.guard.dropped", dropped, LongAdder::sum)
        .description("Calls that ended without saying anything of the called one")
        .tag("guard", name)
        .register(registry);
  }

  private void refused(String reason, LongAdder count, MeterRegistry registry) {
    FunctionCounter.builder("trawl.guard.refused", count, LongAdder::sum)
        .description("Calls that were not made")
        .tag("guard", name)
        .tag("reason", reason)
        .register(registry);
  }

  private static final class CallFailed extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    CallFailed() {
      super("a guarded call failed", null, false, false);
    }
  }
}
