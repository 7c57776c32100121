package io.trawl.api.call;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.trawl.domain.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what the edges do. As Prometheus writes them: {@code trawl_requests_total} and {@code
 * trawl_request_duration_seconds} by protocol, method and outcome, {@code
 * trawl_requests_in_flight}, {@code trawl_request_bytes}, {@code trawl_response_bytes} and {@code
 * trawl_violations_total} by protocol, {@code trawl_batch_results_total} by outcome, and {@code
 * trawl_stream_superseded_total}.
 */
public final class ApiMetrics {

  private static final Logger LOG = LoggerFactory.getLogger(ApiMetrics.class);

  private static final Duration[] LATENCY_BUCKETS =
      List.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000).stream()
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry registry;
  private final Ticker ticker;
  private final AtomicInteger inFlight = new AtomicInteger();

  public ApiMetrics(MeterRegistry registry, Ticker ticker) {
    this.registry = registry;
    this.ticker = ticker;
    Gauge.builder("trawl.requests.in.flight", inFlight, AtomicInteger::get)
        .description("Requests that have come whole and are being answered at this moment")
        .register(registry);
  }

  int inFlight() {
    return inFlight.get();
  }

  /** One of the requests of a batch has ended; the batch itself is one request. */
  void batchResult(CallEnding ending) {
    registry.counter("trawl.batch.results", "outcome", ending.label()).increment();
  }

  /** A list of a stream that its reader was too slow for; a newer one or the answer replaced it. */
  void superseded() {
    registry.counter("trawl.stream.superseded").increment();
  }

  Call begin(String protocol) {
    return new Call(protocol, ticker.nanos());
  }

  /**
   * One request, counted once when it ends. It is in flight from when it is whole: a head alone
   * takes nothing that others wait for. Used by its own context only.
   */
  final class Call {

    private final String protocol;
    private final long beganNanos;
    private String method = "none";
    private long requestBytes;
    private boolean inFlightNow;
    private boolean over;

    private Call(String protocol, long beganNanos) {
      this.protocol = protocol;
      this.beganNanos = beganNanos;
    }

    long beganNanos() {
      return beganNanos;
    }

    void method(String name) {
      method = name;
    }

    void received(long bytes) {
      requestBytes = bytes;
    }

    /** The request is whole, or is worked on before it is: it takes a place, once. */
    void takePlace() {
      if (!inFlightNow && !over) {
        inFlightNow = true;
        inFlight.incrementAndGet();
      }
    }

    /** Called once. Observers cannot hurt: what a registry throws stays here. */
    void end(CallEnding ending, int violations, long responseBytes) {
      over = true;
      if (inFlightNow) {
        inFlightNow = false;
        inFlight.decrementAndGet();
      }
      try {
        count(ending, violations, responseBytes);
      } catch (RuntimeException | Error broken) {
        LOG.warn("a meter failed", broken);
      }
    }

    private void count(CallEnding ending, int violations, long responseBytes) {
      var byProtocol = Tags.of("protocol", protocol);
      var tags = byProtocol.and(Tag.of("method", method), Tag.of("outcome", ending.label()));
      registry.counter("trawl.requests", tags).increment();
      Timer.builder("trawl.request.duration")
          .description("From the arrival of a request's head until its answer is written")
          .tags(tags)
          .serviceLevelObjectives(LATENCY_BUCKETS)
          .register(registry)
          .record(ticker.nanos() - beganNanos, TimeUnit.NANOSECONDS);
      bytes("trawl.request.bytes", byProtocol).record((double) requestBytes);
      bytes("trawl.response.bytes", byProtocol).record((double) responseBytes);
      if (violations > 0) {
        registry.counter("trawl.violations", byProtocol).increment(violations);
      }
    }

    private DistributionSummary bytes(String name, Tags tags) {
      return DistributionSummary.builder(name).baseUnit("bytes").tags(tags).register(registry);
    }
  }
}
